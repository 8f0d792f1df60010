import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from rl_agent.deploy.export import export_policy, parity_observations
from rl_agent.deploy.manifest import Training
from rl_agent.deploy.onnx_policy import OnnxPolicy, relative_error
from rl_agent.exceptions import BundleError
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.networks.squashed_gaussian import SquashedGaussianActor

TRAINING = Training(run="runs/x", env_step=3000, seed=4, algorithm="sac", commit="abc")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


@pytest.fixture(scope="module")
def builder(spec, task):
    return ObservationBuilder(spec, task, task.kinematics)


@pytest.fixture(scope="module")
def actor(spec, builder):
    generator = torch.Generator().manual_seed(0)
    actor = SquashedGaussianActor(
        builder.obs_dim, spec.act_dim, (256, 256), generator, use_layer_norm=True
    )
    for _ in range(100):
        actor.normalizer.update(2.0 * torch.randn(builder.obs_dim, generator=generator) + 0.3)
    return actor


@pytest.fixture(scope="module")
def report(actor, spec, task, builder, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("export") / "bundle"
    samples = np.random.default_rng(5).normal(0.0, 1.0, (50, builder.obs_dim)).astype(np.float32)
    return export_policy(
        actor, spec, task, builder.layout, out_dir, TRAINING, task_name="reach", samples=samples
    )


def test_parity_is_measured_on_over_a_thousand_observations(report):
    assert report.num_parity == 16 + 1024 + 50
    assert report.parity <= 1e-5
    assert report.action_parity <= 1e-5


def test_the_exported_policy_acts_as_torch_does(report, actor, spec, task):
    policy = OnnxPolicy(report.out_dir, spec, task)
    assert policy.golden_error <= 1e-5
    for obs in parity_observations(policy.obs_dim, None)[::4]:
        with torch.no_grad():
            mean, log_std = (out[0].numpy() for out in actor(torch.from_numpy(obs[None])))
        np.testing.assert_allclose(policy.act(obs), np.tanh(mean), atol=1e-5)
        assert relative_error(np.array(policy.mean_log_std(obs)), np.array([mean, log_std])) <= 1e-5


def test_the_module_stays_as_it_was(actor, report):
    assert actor.training
    assert all(parameter.requires_grad for parameter in actor.parameters())
    assert report.out_dir.is_dir()


def test_the_manifest_says_where_the_policy_comes_from(report):
    manifest = report.manifest
    assert manifest.training == TRAINING
    assert manifest.task == "reach"
    assert manifest.policy_version == 1
    assert manifest.contract["task"] == {"task": "ReachTask", "goal_dim": 3}
    assert manifest.probe is not None


def test_the_model_is_plain_opset_20_with_the_normaliser_inside_and_any_batch(report):
    model = onnx.load(report.out_dir / "policy.onnx")
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 20)]
    assert [node.op_type for node in model.graph.node][:2] == ["Sub", "Div"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["joint_names"]) == ["a", "b"]
    assert json.loads(metadata["training"])["env_step"] == 3000


def test_nothing_of_this_machine_is_in_the_model(report):
    data = (report.out_dir / "policy.onnx").read_bytes()
    assert b".py" not in data
    assert b"torch.nn" not in data


def test_exporting_again_counts_the_version_on(report, actor, spec, task, builder):
    again = export_policy(
        actor, spec, task, builder.layout, report.out_dir, TRAINING, task_name="reach"
    )
    assert again.manifest.policy_version == 2


def test_diverged_weights_are_refused_and_nothing_is_written(spec, task, builder, tmp_path):
    generator = torch.Generator().manual_seed(0)
    actor = SquashedGaussianActor(builder.obs_dim, spec.act_dim, (8,), generator)
    with torch.no_grad():
        next(actor.trunk.parameters()).fill_(float("nan"))
    with pytest.raises(BundleError, match="the weights diverged in training"):
        export_policy(
            actor, spec, task, builder.layout, tmp_path / "b", TRAINING, task_name="reach"
        )
    assert list(tmp_path.iterdir()) == []


class Cancelling(nn.Module):
    """Adds and takes away a large number: what float32 cannot hold beside it is lost."""

    def __init__(self, obs_dim, act_dim, large):
        super().__init__()
        self.linear, self.large = nn.Linear(obs_dim, 2 * act_dim), large

    def forward(self, obs):
        mean, log_std = (self.linear(obs) + self.large - self.large).chunk(2, dim=-1)
        return mean, log_std


def test_what_float32_itself_rounds_is_not_held_against_a_policy(spec, task, builder, tmp_path):
    policy = Cancelling(builder.obs_dim, spec.act_dim, 300.0)
    report = export_policy(
        policy, spec, task, builder.layout, tmp_path / "b", TRAINING, task_name="reach"
    )
    assert 1e-5 < report.parity <= report.tolerance < 1e-4
    assert OnnxPolicy(report.out_dir, spec, task).golden_error <= report.tolerance


def test_a_policy_that_float32_cannot_compute_is_refused(spec, task, builder, tmp_path):
    policy = Cancelling(builder.obs_dim, spec.act_dim, 3e4)
    with pytest.raises(BundleError, match=r"expected ONNX to equal torch within 0\.0001, found"):
        export_policy(
            policy, spec, task, builder.layout, tmp_path / "b", TRAINING, task_name="reach"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_module_that_onnx_computes_differently_is_refused(spec, task, builder, tmp_path):
    class Wavering(nn.Module):
        """Computes something else while it is traced, as a wrongly converted operator would."""

        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(builder.obs_dim, 2 * spec.act_dim)

        def forward(self, obs):
            offset = 1e-4 if torch.compiler.is_exporting() else 0.0
            mean, log_std = (self.linear(obs) + offset).chunk(2, dim=-1)
            return mean, log_std

    with pytest.raises(BundleError, match="expected ONNX to equal torch within 1e-05"):
        export_policy(
            Wavering(), spec, task, builder.layout, tmp_path / "b", TRAINING, task_name="reach"
        )
    assert list(tmp_path.iterdir()) == []
