"""A torch policy becomes a bundle: traced to ONNX, compared with torch, refused if they differ."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from rl_agent.exceptions import BundleError
from rl_agent.networks.batch_norm_actor import BatchNormActor
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import FloatArray

from .bundle import (
    BundleContent,
    golden_observations,
    golden_vectors,
    next_version,
    onnx_metadata,
    write_bundle,
)
from .contract import ObsLayout, build_contract
from .manifest import GOLDEN_TOLERANCE, MAX_GOLDEN_TOLERANCE, Manifest, Training
from .onnx_policy import relative_error
from .onnx_scan import scan_model
from .probe import make_probe
from .session import SessionSettings, open_session
from .signing import Signer

Trace = Callable[[nn.Module, int, dict[str, str]], bytes]
"""(policy, obs_dim, metadata) -> ONNX file."""

OPSET = 20
NUM_PARITY = 1024
ROUNDING_MARGIN = 3.0
"""How many times torch's own error in float32 another library's may be."""


@dataclass(frozen=True)
class ExportReport:
    """What was written, and how well it agrees with torch."""

    out_dir: Path
    spec: RobotSpec
    manifest: Manifest
    parity: float
    """Largest error of mean and log_std against torch, over `num_parity` observations."""
    action_parity: float
    """Largest error of tanh(mean)."""
    tolerance: float
    """The largest `parity` that would have passed."""
    num_parity: int


def export_policy(
    module: nn.Module,
    spec: RobotSpec,
    task: Task,
    obs_layout: ObsLayout,
    out_dir: Path | str,
    training: Training,
    *,
    task_name: str,
    samples: FloatArray | None = None,
    policy_version: int | None = None,
    signer: Signer | None = None,
    trace: Trace | None = None,
) -> ExportReport:
    """Write a bundle for `module`.

    Args:
        module: obs (B, obs_dim) -> (mean, log_std), each (B, act_dim), normaliser inside; it is
            copied, not changed.
        spec: The robot that it was trained for.
        task: The task that it was trained for.
        obs_layout: (name, start, size) per observation term.
        out_dir: The bundle; one that is there already is replaced, and its version counted on.
        training: Where the policy comes from.
        task_name: Name for `make_task`, or `module:Class`.
        samples: (N, obs_dim) observations that the policy met, for golden vectors and comparison.
        policy_version: None counts on from the bundle in `out_dir`.
        signer: Signs the manifest; None leaves the bundle unsigned.
        trace: Makes the ONNX file; None takes `trace_to_onnx`.

    Raises:
        BundleError: The ONNX file does not compute what torch computes, or not finite numbers.
    """
    out_dir = Path(out_dir)
    contract = build_contract(spec, obs_layout, task.describe())
    policy = acting_copy(module)
    metadata = onnx_metadata(contract, training)
    model = (trace or trace_to_onnx)(policy, contract["obs_dim"], metadata)
    scan_model(model, str(out_dir))
    golden = golden_observations(contract["obs_dim"], samples)
    obs = np.concatenate([golden, parity_observations(contract["obs_dim"], samples)])
    reference = _reference(policy, obs, str(out_dir))
    parity, action_parity = _compare(reference, model, str(out_dir))
    mean, log_std = reference.outputs[:, : len(golden)]
    content = BundleContent(
        contract=contract,
        task=task_name,
        golden=golden_vectors(golden, mean, log_std, reference.tolerance),
        training=training,
        probe=make_probe(spec, task),
        policy_version=policy_version or next_version(out_dir),
    )
    manifest = write_bundle(out_dir, model, content, signer)
    return ExportReport(
        out_dir, spec, manifest, parity, action_parity, reference.tolerance, len(obs)
    )


def policy_parity(module: nn.Module, obs_dim: int) -> tuple[float, float]:
    """Return the largest errors of ONNX Runtime against torch, of both outputs and of tanh(mean).

    Raises:
        BundleError: They differ by more than a bundle may.
    """
    policy = acting_copy(module)
    model = trace_to_onnx(policy, obs_dim, {})
    reference = _reference(policy, parity_observations(obs_dim, None), "policy")
    return _compare(reference, model, "policy")


def trace_to_onnx(policy: nn.Module, obs_dim: int, metadata: dict[str, str]) -> bytes:
    """Return the ONNX file of obs (batch, obs_dim) -> mean, log_std, weights inside."""
    import onnx

    # Two rows: a batch of one would be taken for a constant.
    example = torch.zeros(2, obs_dim)
    with _quiet_exporter():
        program = torch.onnx.export(
            policy,
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=["obs"],
            output_names=["mean", "log_std"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    if program is None:
        raise BundleError("torch.onnx.export returned no program")
    # The exporter names values after torch's functions, and may so give an output's name twice.
    outputs = {value.name: value for value in program.model.graph.outputs}
    for node in program.model.graph:
        for value in node.outputs:
            if outputs.get(value.name, value) is not value:
                value.name = f"inner_{value.name}"
    model = program.model_proto
    onnx.helper.set_model_props(model, metadata)
    # The exporter notes paths of this machine and stack traces beside every node.
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.initializer]:
        del value.metadata_props[:]
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def parity_observations(obs_dim: int, samples: FloatArray | None) -> FloatArray:
    """Return (N, obs_dim) inputs from small to far beyond the usual range, and the run's own."""
    rng = np.random.default_rng(1)
    scales = np.repeat([0.1, 1.0, 3.0, 10.0], NUM_PARITY // 4)[:, None]
    random = rng.standard_normal((NUM_PARITY, obs_dim)) * scales
    own = samples[:NUM_PARITY] if samples is not None else np.zeros((0, obs_dim))
    return np.concatenate([random, own]).astype(np.float32)


def acting_copy(module: nn.Module) -> nn.Module:
    """Return a copy as it is exported: batch normalisation is folded in."""
    policy = copy.deepcopy(module).cpu().eval()
    if isinstance(policy, BatchNormActor):
        policy.fold_()
    return policy.requires_grad_(False)


@dataclass(frozen=True)
class _Reference:
    """What a policy's ONNX file has to give."""

    obs: FloatArray  # (N, obs_dim)
    outputs: FloatArray  # (2, N, act_dim) mean and log_std
    tolerance: float


def _reference(policy: nn.Module, obs: FloatArray, source: str) -> _Reference:
    with torch.no_grad():
        own = np.stack([part.numpy() for part in policy(torch.from_numpy(obs))])
        # In double precision: rounding of our own would count as the robot's.
        exact = copy.deepcopy(policy).double()(torch.from_numpy(obs).double())
    outputs = np.stack([part.float().numpy() for part in exact])
    if not np.isfinite(outputs).all():
        message = "expected finite outputs, found NaN or inf; the weights diverged in training"
        raise BundleError(f"{source}: {message}")
    # Terms of large weights cancel: such a policy is rounded by more wherever it is computed.
    allowed = ROUNDING_MARGIN * relative_error(own, outputs)
    tolerance = float(np.clip(allowed, GOLDEN_TOLERANCE, MAX_GOLDEN_TOLERANCE))
    return _Reference(obs, outputs, tolerance)


def _compare(reference: _Reference, model: bytes, source: str) -> tuple[float, float]:
    obs, expected = reference.obs, reference.outputs
    session = open_session(model, SessionSettings(), source)
    found = np.stack(session.run(["mean", "log_std"], {"obs": obs}))
    # One row at a time is how the robot calls it; kernels differ from those of a batch.
    single = np.stack(
        [np.stack(session.run(["mean", "log_std"], {"obs": row[None]}))[:, 0] for row in obs],
        axis=1,
    )
    error = max(relative_error(found, expected), relative_error(single, expected))
    if not error <= reference.tolerance:
        message = (
            f"expected ONNX to equal torch within {reference.tolerance:.3g}, found {error:.3g}"
        )
        raise BundleError(f"{source}: {message}; nothing was written")
    action_error = np.max(np.abs(np.tanh(single[0]) - np.tanh(expected[0])))
    return error, float(action_error)


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep the exporter's progress and its notes to its own developers off the user's screen."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
