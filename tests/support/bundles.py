"""Bundles for tests without torch and training: a small random network from NumPy and onnx.

    from bundles import make_bundle            # tests/support is on pytest's path
    bundle = make_bundle(tmp_path / "bundle", spec, task)
    policy = OnnxPolicy(bundle, spec, task)

A process that pytest did not start adds tests/support to PYTHONPATH, or calls
`python tests/support/bundles.py OUT --robot so101 --task reach` beforehand.
Make the gain 0 for a policy that asks for no motion, and about 1 for one that moves all joints.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rl_agent.deploy.bundle import (
    BundleContent,
    golden_observations,
    golden_vectors,
    onnx_metadata,
    write_bundle,
)
from rl_agent.deploy.contract import build_contract
from rl_agent.deploy.manifest import Training
from rl_agent.deploy.probe import make_probe
from rl_agent.interface.observation import ObservationBuilder

TRAINING = Training(run="none", env_step=0, seed=0, algorithm="random", commit="none")


@dataclass(frozen=True)
class NumpyMlp:
    """obs -> relu -> relu -> (mean, log_std): the same network in NumPy and in ONNX."""

    weights: list[np.ndarray]  # (in, out) float32 each
    biases: list[np.ndarray]  # (out,)

    @classmethod
    def random(cls, obs_dim: int, act_dim: int, width: int = 32, seed: int = 0, gain: float = 1.0):
        rng = np.random.default_rng(seed)
        sizes = [obs_dim, width, width, 2 * act_dim]
        weights = [
            (rng.standard_normal((a, b)) / np.sqrt(a)).astype(np.float32)
            for a, b in pairwise(sizes)
        ]
        biases = [0.1 * rng.standard_normal(b).astype(np.float32) for b in sizes[1:]]
        weights[-1] *= np.float32(gain)
        biases[-1] *= np.float32(gain)
        return cls(weights, biases)

    def __call__(self, obs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = obs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0.0)
        mean, log_std = np.split(hidden @ self.weights[-1] + self.biases[-1], 2, axis=-1)
        return mean, log_std

    def to_onnx(self, metadata: dict[str, str], opset: int = 20) -> onnx.ModelProto:
        nodes, initializers, previous = [], [], "obs"
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            initializers.append(numpy_helper.from_array(weight, f"weight{i}"))
            initializers.append(numpy_helper.from_array(bias, f"bias{i}"))
            nodes.append(
                helper.make_node("Gemm", [previous, f"weight{i}", f"bias{i}"], [f"linear{i}"])
            )
            previous = f"linear{i}"
            if i < last:
                nodes.append(helper.make_node("Relu", [previous], [f"relu{i}"]))
                previous = f"relu{i}"
        split = helper.make_node("Split", [previous], ["mean", "log_std"], axis=1, num_outputs=2)
        obs_dim, act_dim = len(self.weights[0]), len(self.biases[-1]) // 2
        graph = helper.make_graph(
            [*nodes, split],
            "policy",
            [_tensor("obs", obs_dim)],
            [_tensor("mean", act_dim), _tensor("log_std", act_dim)],
            initializers,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10
        )
        helper.set_model_props(model, metadata)
        return model


def _tensor(name: str, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])


def make_content(spec, task, network=None, *, task_name="reach", policy_version=1):
    """Return (BundleContent, ONNX model) for a network on this robot and task."""
    layout = ObservationBuilder(spec, task, task.kinematics).layout
    contract = build_contract(spec, layout, task.describe())
    network = network or NumpyMlp.random(contract["obs_dim"], contract["act_dim"])
    obs = golden_observations(contract["obs_dim"])
    content = BundleContent(
        contract=contract,
        task=task_name,
        golden=golden_vectors(obs, *network(obs)),
        training=TRAINING,
        probe=make_probe(spec, task),
        policy_version=policy_version,
    )
    return content, network.to_onnx(onnx_metadata(contract, TRAINING))


def make_bundle(
    out_dir,
    spec,
    task,
    *,
    seed=0,
    gain=1.0,
    width=32,
    task_name="reach",
    policy_version=1,
    signer=None,
) -> Path:
    """Write a bundle with a random policy; return its directory."""
    obs_dim = ObservationBuilder(spec, task, task.kinematics).obs_dim
    network = NumpyMlp.random(obs_dim, spec.act_dim, width=width, seed=seed, gain=gain)
    content, model = make_content(
        spec, task, network, task_name=task_name, policy_version=policy_version
    )
    write_bundle(Path(out_dir), model.SerializeToString(), content, signer)
    return Path(out_dir)


def main() -> None:
    from rl_agent.robots.profile import load_robot
    from rl_agent.tasks.registry import make_task
    from sim.kinematics import kinematics_for

    parser = argparse.ArgumentParser(description="Write a bundle with a random policy.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--robot", default="so101")
    parser.add_argument("--task", default="reach")
    parser.add_argument("--policy-hz", type=float)
    parser.add_argument("--gain", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    spec = load_robot(args.robot, policy_hz=args.policy_hz)
    task = make_task(args.task, spec, kinematics_for(spec))
    make_bundle(args.out, spec, task, gain=args.gain, seed=args.seed, task_name=args.task)


if __name__ == "__main__":
    main()
