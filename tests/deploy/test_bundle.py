import json
import os

import numpy as np
import pytest
from bundles import make_bundle, make_content

from rl_agent.deploy.bundle import golden_observations, next_version, write_bundle
from rl_agent.deploy.manifest import read_manifest
from rl_agent.exceptions import BundleError


def test_an_older_bundle_is_replaced_whole(bundle, spec, task):
    before = read_manifest(bundle)
    make_bundle(bundle, spec, task, seed=1, policy_version=next_version(bundle))
    after = read_manifest(bundle)
    assert (before.policy_version, after.policy_version) == (1, 2)
    assert before.files != after.files
    assert sorted(os.listdir(bundle.parent)) == ["bundle"]


def test_a_directory_of_something_else_is_left_alone(tmp_path, spec, task):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="expected an empty or a bundle directory"):
        make_bundle(tmp_path, spec, task)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_failed_write_leaves_the_old_bundle(bundle, spec, task, monkeypatch):
    old = (bundle / "manifest.json").read_bytes()
    content, model = make_content(spec, task)

    def full_disk(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rl_agent.data.whole_folder.write_durably", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(bundle, model.SerializeToString(), content)
    assert (bundle / "manifest.json").read_bytes() == old
    assert sorted(os.listdir(bundle.parent)) == ["bundle"]


def test_golden_inputs_hold_extremes_and_what_the_policy_met():
    samples = np.full((100, 3), 0.25, np.float32)
    golden = golden_observations(3, samples)
    assert golden.shape == (16, 3) and golden.dtype == np.float32
    assert golden[:5, 0].tolist() == [0.0, 1.0, -1.0, 10.0, -10.0]
    assert (golden[5:] == 0.25).all()
    few = golden_observations(3, samples[:2])
    assert (few[5:7] == 0.25).all() and (few[7:] != 0.25).all()
    assert np.isfinite(golden_observations(3, samples[:0])).all()


def test_the_model_tells_its_joints_units_and_layout_without_the_manifest(spec, task):
    _, model = make_content(spec, task)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["joint_names"]) == ["a", "b"]
    assert json.loads(metadata["units"]) == ["rad", "rad"]
    assert json.loads(metadata["obs_layout"])[0] == ["joint_position", 0, 2]
    assert metadata["policy_hz"] == "20"
