"""Reads out of live runs' folders what a success classifier is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rl_agent.data.journal import JournalReader
from rl_agent.exceptions import JudgingError

from .fit import LabelledSteps
from .judge import HUMAN
from .label import LABELS, read_labels

DOUBTFUL_S = 1.0
"""A person reacts late, so the success may have come before its label: rows of so long before one
[s] are left out, as neither successes nor other steps."""


def read_labelled(folders: Sequence[tuple[Path, Path]]) -> LabelledSteps:
    """Return the steps of runs that a person judged.

    Args:
        folders: (run's folder, its journal's folder) of each run.

    Raises:
        JudgingError: A run has no labels by a person, or two are of different tasks.
        JournalError: A journal cannot be read.
    """
    parts = [_read_one(run_dir, journal) for run_dir, journal in folders]
    if any(part.task != parts[0].task for part in parts):
        raise JudgingError("these runs are of different tasks; fit one classifier for each")
    return LabelledSteps(
        task=parts[0].task,
        contexts=np.concatenate([part.contexts for part in parts]),
        goals=np.concatenate([part.goals for part in parts]),
        is_success=np.concatenate([part.is_success for part in parts]),
    )


def _read_one(run_dir: Path, journal: Path) -> LabelledSteps:
    labels = read_labels(run_dir / LABELS)
    own = [label for label in labels if label.judge == HUMAN]
    if not own:
        message = "holds no labels by a person; `surefoot live --judge human` keeps them"
        raise JudgingError(f"{run_dir / LABELS}: {message}")
    rows = JournalReader(journal).read().rows
    rows = rows[_is_no_success(rows, round(DOUBTFUL_S * own[0].policy_hz))]
    successes = [label for label in own if label.is_success]
    return LabelledSteps(
        task=own[0].task,
        contexts=_stack(rows["next_context"], [label.context for label in successes]),
        goals=_stack(rows["goal"], [label.goal for label in successes]),
        is_success=np.arange(len(rows) + len(successes)) >= len(rows),
    )


def _is_no_success(rows: np.ndarray, num_doubtful: int) -> np.ndarray:
    """Return (N,) whether a row is finite, no success, and not among the rows before one."""
    is_finite = np.isfinite(rows["next_context"]).all(axis=1)
    keep = is_finite & np.isfinite(rows["goal"]).all(axis=1)
    for index in np.flatnonzero(rows["terminated"] & (rows["reward"] > 0.0)):
        keep[max(0, index - num_doubtful) : index + 1] = False
    return keep


def _stack(rows: np.ndarray, labels: Sequence[Sequence[float]]) -> np.ndarray:
    marked = np.array(labels, dtype=np.float64).reshape(len(labels), rows.shape[1])
    return np.concatenate([rows.astype(np.float64), marked])
