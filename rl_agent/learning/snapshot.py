"""A learner's whole state into a checkpoint and back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rl_agent.algorithms.agent import Agent, AgentState
from rl_agent.data.journal import JournalOffset
from rl_agent.exceptions import CheckpointError, TrainingDivergedError

from .checkpoint import (
    BEST,
    Checkpoint,
    checkpoints_dir,
    save_checkpoint,
    step_name,
)
from .parts import Counters, KeptParts


def save_snapshot(
    run_dir: Path,
    parts: KeptParts,
    counters: Counters,
    sample_rng: np.random.Generator,
    *,
    offset: JournalOffset,
    env: dict[str, Any] | None,
    sources: dict[str, Any] | None = None,
    while_writing: Callable[[], AbstractContextManager[object]] | None = None,
) -> None:
    """Write a checkpoint of this very moment.

    Args:
        run_dir: The run's folder.
        parts: Whose states are kept.
        counters: Where the learner stands.
        sample_rng: What draws its batches.
        offset: Of the experience taken in; all before it must be on the disk.
        env: The environment's state; None where it can't be kept, or is real.
        sources: How far each robot's copy is in that experience, where there are several.
        while_writing: What goes on while the disk works; copies are written then.

    Raises:
        TrainingDivergedError: A weight is no longer finite; nothing is written.
    """
    tensors = _arrays(parts.agent)
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise TrainingDivergedError(f"{name} is not finite at step {counters.env_step}")
    values = {
        "agent": parts.agent.get_state().values,
        "counters": asdict(counters),
        "sample_rng": sample_rng.bit_generator.state,
        "env": env,
        "journal": offset.to_json(),
        **({"sources": sources} if sources else {}),
        "replay": parts.replay.get_state(),
        "metrics_position": parts.metrics.flush(),
        "is_compiled": parts.agent.is_compiled,
        "time": parts.time.seconds,
    }
    name = step_name(counters.env_step)
    if while_writing is None:
        _save(run_dir, name, parts, counters, values, tensors)
        return
    values = copy.deepcopy(values)
    tensors = {key: array.copy() for key, array in tensors.items()}
    with while_writing():
        _save(run_dir, name, parts, counters, values, tensors)


def save_best(run_dir: Path, parts: KeptParts, counters: Counters) -> None:
    """Keep the policy alone, with what it scored."""
    tensors = _arrays(parts.agent)
    assert counters.best is not None
    policy = {name: tensors[name] for name in tensors if name.startswith("actor.")}
    _save(run_dir, BEST, parts, counters, {"score": counters.best.to_json()}, policy)


def _save(
    run_dir: Path,
    name: str,
    parts: KeptParts,
    counters: Counters,
    values: dict[str, Any],
    tensors: dict[str, NDArray[Any]],
) -> None:
    def save() -> None:
        save_checkpoint(run_dir, name, env_step=counters.env_step, values=values, tensors=tensors)

    num_bytes = sum(tensor.nbytes for tensor in tensors.values())
    parts.when_full(save, checkpoints_dir(run_dir) / name, num_bytes)


def restore_snapshot(
    checkpoint: Checkpoint, parts: KeptParts, sample_rng: np.random.Generator
) -> Counters:
    """Set agent, time and generator to a checkpoint; return its counters.

    Args:
        checkpoint: Written by `save_snapshot`.
        parts: What is set; journal, replay and environment are the caller's business.
        sample_rng: The learner's.

    Raises:
        CheckpointError: It is of another network.
    """
    values = checkpoint.values
    tensors = {name: torch.from_numpy(array) for name, array in checkpoint.tensors.items()}
    try:
        parts.agent.set_state(AgentState(tensors, values["agent"]))
    except ValueError as error:
        raise CheckpointError(f"{checkpoint.path}: {error}") from error
    sample_rng.bit_generator.state = values["sample_rng"]
    parts.time.restore(values.get("time", {}))
    return Counters.from_json(values["counters"])


def _arrays(agent: Agent) -> dict[str, NDArray[Any]]:
    return {name: tensor.detach().numpy() for name, tensor in agent.get_state().tensors.items()}
