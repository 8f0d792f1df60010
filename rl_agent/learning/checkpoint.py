"""Checkpoints: a directory each, complete or absent, checked by sha256 when they are read.

`checkpoints/<env_step>/` holds `state.json` (counters, generators, environment, journal's offset)
and `tensors.safetensors` (networks, optimisers, arrays). `best/` holds the policy alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from rl_agent.data.whole_folder import replace_folder
from rl_agent.exceptions import CheckpointError, JournalError

from .state_codec import Arrays, decode_state, encode_state

SCHEMA_VERSION = 1
STATE_FILE = "state.json"
TENSORS_FILE = "tensors.safetensors"
BEST = "best"
NUM_KEPT = 2
_TENSOR = "tensor:"
_STATE = "state:"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a checkpoint holds."""

    path: Path
    env_step: int
    values: dict[str, Any]
    """Nested numbers, strings and arrays."""
    tensors: dict[str, NDArray[Any]]
    """Of the agent, by name; a policy's begin with `actor.`."""


def checkpoints_dir(run_dir: Path) -> Path:
    """Return where a run keeps its checkpoints."""
    return run_dir / "checkpoints"


def save_checkpoint(
    run_dir: Path,
    name: str,
    *,
    env_step: int,
    values: Mapping[str, Any],
    tensors: Mapping[str, NDArray[Any]],
) -> Path:
    """Write `checkpoints/<name>` completely or not at all, and return it."""
    arrays: Arrays = {}
    body = {
        "schema_version": SCHEMA_VERSION,
        "env_step": env_step,
        "values": encode_state(dict(values), "values", arrays),
    }
    stored = {_TENSOR + key: np.array(tensor, order="C") for key, tensor in tensors.items()}
    stored |= {_STATE + key: array for key, array in arrays.items()}
    data = save(stored)
    body["sha256"] = hashlib.sha256(data).hexdigest()
    final = checkpoints_dir(run_dir) / name
    replace_folder(final, {TENSORS_FILE: data, STATE_FILE: _render(body)})
    return final


def read_checkpoint(path: Path) -> Checkpoint:
    """Return a checkpoint after checking all of it.

    Raises:
        CheckpointError: Something is missing or damaged; says what.
    """
    try:
        text = (path / STATE_FILE).read_bytes()
        document = json.loads(text)
        body = document["body"]
        # The one way that we write it: a flipped bit is noticed also where JSON would not care.
        if document["body_sha256"] != _digest(body) or _render(body) != text:
            raise CheckpointError(f"{path / STATE_FILE}: is damaged (its sha256 differs)")
        if body["schema_version"] != SCHEMA_VERSION:
            found = body["schema_version"]
            raise CheckpointError(f"{path}: version {found}, expected {SCHEMA_VERSION}")
        data = (path / TENSORS_FILE).read_bytes()
        if hashlib.sha256(data).hexdigest() != body["sha256"]:
            raise CheckpointError(f"{path / TENSORS_FILE}: is damaged (its sha256 differs)")
        stored = load(data)
        return Checkpoint(
            path=path,
            env_step=int(body["env_step"]),
            values=decode_state(body["values"], _part(stored, _STATE)),
            tensors=_part(stored, _TENSOR),
        )
    except (
        *(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
        SafetensorError,
    ) as error:
        raise CheckpointError(f"{path}: can't be read: {error!s:.200}") from error


def step_name(env_step: int) -> str:
    """Return the name of the checkpoint of a step; names sort as steps do."""
    return f"{env_step:09d}"


def step_checkpoints(run_dir: Path) -> list[Path]:
    """Return a run's checkpoints, newest first, without the best policy."""
    directory = checkpoints_dir(run_dir)
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if path.is_dir() and path.name.isdigit()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def prune_checkpoints(run_dir: Path, keep: int = NUM_KEPT, *, spare: int | None = None) -> None:
    """Remove all but the newest `keep` checkpoints, and the newest one up to step `spare`."""
    found = step_checkpoints(run_dir)
    old = [path for path in found if spare is not None and int(path.name) <= spare]
    for path in found[keep:]:
        if path not in old[:1]:
            _remove(path)


def drop_newer_checkpoints(run_dir: Path, env_step: int) -> None:
    """Remove what was saved after a step, if something older is there to go on from."""
    found = step_checkpoints(run_dir)
    newer = [path for path in found if int(path.name) > env_step]
    if len(newer) < len(found):
        for path in newer:
            _remove(path)


def newest_that_holds(
    run_dir: Path,
    on_message: Callable[[str], None],
    check: Callable[[Checkpoint], None] = lambda checkpoint: None,
) -> Checkpoint | None:
    """Return a run's newest checkpoint that is whole and passes; None where there never was one.

    Args:
        run_dir: The run's folder.
        on_message: Is told of newer ones that do not hold.
        check: Raises JournalError where the run's steps do not support a checkpoint.

    Raises:
        CheckpointError: Some are there, and none holds; says what is wrong with each.
    """
    faults: list[str] = []
    for path in step_checkpoints(run_dir):
        try:
            checkpoint = read_checkpoint(path)
            check(checkpoint)
        except CheckpointError as error:
            faults.append(str(error))
        except JournalError as error:
            faults.append(f"{path}: {error}")
        else:
            for fault in faults:
                on_message(f"{fault}; taking an older checkpoint, of step {checkpoint.env_step}")
            return checkpoint
    if faults:
        found = "\n".join(faults)
        raise CheckpointError(f"{run_dir}: there is no whole checkpoint here\n{found}")
    return None


def load_checkpoint(
    run_dir: Path,
    which: str = "newest",
    on_message: Callable[[str], None] = lambda message: None,
) -> Checkpoint:
    """Return a run's newest whole checkpoint, or its best policy (`which="best"`).

    Args:
        run_dir: The run's folder.
        which: A best policy that is damaged gives way to the newest whole checkpoint.
        on_message: Is told what is damaged, and what is taken instead.

    Raises:
        CheckpointError: There is none; says what was wrong with those that are there.
    """
    fault = ""
    if which == BEST:
        try:
            return read_checkpoint(checkpoints_dir(run_dir) / BEST)
        except CheckpointError as error:
            if not (checkpoints_dir(run_dir) / BEST).is_dir():
                raise
            fault = str(error)
    try:
        checkpoint = newest_that_holds(run_dir, on_message)
    except CheckpointError as error:
        raise CheckpointError(f"{error}\n{fault}".rstrip()) from error
    if checkpoint is None:
        message = fault or "train one first with `surefoot train`"
        raise CheckpointError(f"{run_dir}: there is no whole checkpoint here; {message}")
    if fault:
        on_message(f"{fault}; taking the newest checkpoint instead, of step {checkpoint.env_step}")
    return checkpoint


def _part(stored: Arrays, prefix: str) -> Arrays:
    return {k.removeprefix(prefix): v for k, v in stored.items() if k.startswith(prefix)}


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _render(body: dict[str, Any]) -> bytes:
    return json.dumps({"body": body, "body_sha256": _digest(body)}).encode()


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
