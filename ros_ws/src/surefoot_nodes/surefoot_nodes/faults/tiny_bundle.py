"""A small random policy as a bundle, made without PyTorch: something to damage."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import FloatArray

OPSET, IR_VERSION = 17, 8


@dataclass(frozen=True)
class TinyBundle:
    """Where it is, and for whom."""

    path: Path
    spec: RobotSpec
    task: Task


def make_tiny_bundle(path: Path, robot: str = "so101") -> TinyBundle | None:
    """Write a bundle of one linear layer; None where the package onnx is not installed."""
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        return None
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
    from rl_agent.robots.profile import load_robot
    from rl_agent.tasks.registry import make_task
    from sim.kinematics import MujocoKinematics

    spec = load_robot(robot)
    task = make_task("reach", spec, MujocoKinematics(spec))
    layout = ObservationBuilder(spec, task, task.kinematics).layout
    contract = build_contract(spec, layout, task.describe())
    training = Training(run="none", env_step=0, seed=0, algorithm="random", commit="none")
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((contract["obs_dim"], 2 * contract["act_dim"]))
    weight = (weight / np.sqrt(contract["obs_dim"])).astype(np.float32)
    obs = golden_observations(contract["obs_dim"])
    mean, log_std = np.split(obs @ weight, 2, axis=1)
    content = BundleContent(
        contract=contract,
        task="reach",
        golden=golden_vectors(obs, mean, log_std),
        training=training,
        probe=make_probe(spec, task),
        policy_version=1,
    )
    model = _model(weight, onnx_metadata(contract, training))
    write_bundle(path, model.SerializeToString(), content)
    return TinyBundle(path, spec, task)


def _model(
    weight: FloatArray,  # (obs_dim, 2 act_dim)
    metadata: dict[str, str],
) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    obs_dim, both = weight.shape

    def tensor(name: str, width: int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])

    half = np.array([both // 2, both // 2], np.int64)
    nodes = [
        helper.make_node("MatMul", ["obs", "weight"], ["both"]),
        helper.make_node("Split", ["both", "half"], ["mean", "log_std"], axis=1),
    ]
    constants = [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(half, "half")]
    outputs = [tensor("mean", both // 2), tensor("log_std", both // 2)]
    graph = helper.make_graph(nodes, "policy", [tensor("obs", obs_dim)], outputs, constants)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    helper.set_model_props(model, metadata)
    return model
