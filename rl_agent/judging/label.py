"""Labels: who called which step a success or a failure. A file beside a live run's journal."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rl_agent.data.line_log import read_lines

SCHEMA_VERSION = 1
LABELS = "labels.jsonl"
"""In a live run's folder: one label a line, only ever appended to."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """One verdict, with all that a classifier needs to learn from it."""

    judge: str
    """`Judge.name`."""
    is_success: bool
    env_step: int
    """Index of the step's row in the journal, from 0; too high if the disk lost earlier ones."""
    unix_s: float
    task: dict[str, Any]
    """`Task.describe()`."""
    policy_hz: float
    context: list[float]
    """(context_dim,) after the step."""
    goal: list[float]

    def to_json(self) -> str:
        """Return one line; a number that is not finite becomes null."""
        numbers = {"context": _finite(self.context), "goal": _finite(self.goal)}
        return json.dumps({"schema_version": SCHEMA_VERSION, **asdict(self), **numbers})


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def read_labels(path: Path) -> list[Label]:
    """Return a file's labels in order, none without a file; unreadable lines are skipped."""
    labels = (_parse(values) for values in read_lines(path))
    return [label for label in labels if label is not None]


def _parse(values: dict[str, Any]) -> Label | None:
    try:
        if values["schema_version"] != SCHEMA_VERSION:
            return None
        return Label(
            judge=str(values["judge"]),
            is_success=bool(values["is_success"]),
            env_step=int(values["env_step"]),
            unix_s=float(values["unix_s"]),
            task=dict(values["task"]),
            policy_hz=float(values["policy_hz"]),
            context=[float(value) for value in values["context"]],
            goal=[float(value) for value in values["goal"]],
        )
    except (KeyError, TypeError, ValueError):
        return None
