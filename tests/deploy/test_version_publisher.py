"""One version after another; a publisher that comes back exports without tracing again."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rl_agent.deploy import onnx_template
from rl_agent.deploy.manifest import Training
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.signing import Signer, make_key_file
from rl_agent.deploy.version_publisher import VersionPublisher
from rl_agent.exceptions import BundleError
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.networks.squashed_gaussian import SquashedGaussianActor
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from sim.kinematics import MujocoKinematics

TRAINING = Training(run="none", env_step=0, seed=0, algorithm="sac", commit="none")
SPEC = load_robot("so101")
TASK = make_task("reach", SPEC, MujocoKinematics(SPEC))
BUILDER = ObservationBuilder(SPEC, TASK, TASK.kinematics)


def actor(seed: int, width: int = 16) -> SquashedGaussianActor:
    generator = torch.Generator().manual_seed(seed)
    return SquashedGaussianActor(BUILDER.obs_dim, SPEC.act_dim, [width], generator)


def make_publisher(folder, spec=SPEC, signer=None) -> VersionPublisher:
    layout = BUILDER.layout
    return VersionPublisher(folder, spec, TASK, layout, task_name="reach", keep=3, signer=signer)


@pytest.fixture
def num_traces(monkeypatch):
    traces = []
    trace = onnx_template.trace_to_onnx

    def counted(*arguments):
        traces.append(1)
        return trace(*arguments)

    monkeypatch.setattr(onnx_template, "trace_to_onnx", counted)
    return traces


def flies_like(publisher: VersionPublisher, module, expected_version: int) -> bool:
    pointer = publisher.store.current()
    assert pointer is not None and pointer.policy_version == expected_version
    obs = np.linspace(-1.0, 1.0, BUILDER.obs_dim).astype(np.float32)
    with torch.no_grad():
        mean, _ = module(torch.from_numpy(obs[None]))
    found = publisher.store.load(pointer).act(obs)
    return bool(np.allclose(found, np.tanh(mean[0].numpy()), atol=1e-5))


def test_a_publisher_that_comes_back_does_not_trace_again(tmp_path, num_traces):
    first = make_publisher(tmp_path)
    first.prepare(actor(0))
    assert len(num_traces) == 1
    assert first.publish(actor(0), TRAINING, None) == 1
    later = make_publisher(tmp_path)
    later.prepare(actor(1))
    assert later.publish(actor(1), TRAINING, None) == 2
    assert flies_like(later, actor(1), 2)
    assert len(num_traces) == 1


def test_a_network_that_has_changed_is_traced_anew(tmp_path, num_traces):
    make_publisher(tmp_path).publish(actor(0), TRAINING, None)
    later = make_publisher(tmp_path)
    assert later.publish(actor(1, width=24), TRAINING, None) == 2
    assert flies_like(later, actor(1, width=24), 2)
    assert len(num_traces) == 2


def test_a_damaged_version_is_no_template(tmp_path, num_traces):
    make_publisher(tmp_path).publish(actor(0), TRAINING, None)
    model = tmp_path / "versions" / "000001" / "policy.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(bytes(data))
    later = make_publisher(tmp_path)
    assert later.publish(actor(1), TRAINING, None) == 2
    assert len(num_traces) == 2


def test_a_diverged_network_is_refused_whatever_the_template(tmp_path):
    make_publisher(tmp_path).publish(actor(0), TRAINING, None)
    broken = actor(1)
    with torch.no_grad():
        next(broken.parameters()).fill_(float("nan"))
    later = make_publisher(tmp_path)
    with pytest.raises(BundleError, match="diverged"):
        later.publish(broken, TRAINING, None)
    assert later.store.versions() == [1]


def test_a_version_is_above_what_somebody_has_from_another_store(tmp_path):
    publisher = make_publisher(tmp_path)
    assert publisher.publish(actor(0), TRAINING, None, above=41) == 42
    assert publisher.publish(actor(0), TRAINING, None, above=7) == 43
    assert publisher.store.version_dir(43).is_dir()


def test_versions_for_a_robot_with_a_pinned_key_are_signed(tmp_path):
    pinned = replace(SPEC, signing_key=make_key_file(tmp_path / "key.pem"))
    signer = Signer.load(tmp_path / "key.pem")
    make_publisher(tmp_path / "a", pinned, signer).publish(actor(0), TRAINING, None)
    store = PolicyStore(tmp_path / "a", pinned, TASK)
    assert store.load(store.current()).policy_version == 1
    with pytest.raises(BundleError, match="is not signed"):
        make_publisher(tmp_path / "b", pinned).publish(actor(0), TRAINING, None)
