import hashlib

import pytest
from bundles import make_bundle
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.deploy.manifest import read_manifest, render_values
from rl_agent.tasks.registry import make_task


@pytest.fixture(scope="session")
def spec():
    return planar_spec()


@pytest.fixture(scope="session")
def task(spec):
    return make_task("reach", spec, PlanarKinematics())


@pytest.fixture
def bundle(tmp_path, spec, task):
    return make_bundle(tmp_path / "bundle", spec, task)


@pytest.fixture
def forge():
    """Change a bundle and make digest, sha256 and size fit again, as an attacker or a bug would."""

    def _forge(bundle, change=None, model=None):
        values = read_manifest(bundle).model_dump(mode="json")
        if model is not None:
            (bundle / "policy.onnx").write_bytes(model)
            entry = {"sha256": hashlib.sha256(model).hexdigest(), "size": len(model)}
            values["files"]["policy.onnx"] = entry
        if change is not None:
            change(values)
        (bundle / "manifest.json").write_bytes(render_values(values))

    return _forge
