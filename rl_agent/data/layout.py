"""How a transition lies in memory and on disk: one packed structured row, numbers little-endian."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from rl_agent.types import Transition

NUM_SHARES = 3


class TaskSizes(Protocol):
    """What of a task a row's layout depends on."""

    context_dim: int
    goal_dim: int


@dataclass(frozen=True, kw_only=True)
class TransitionLayout:
    """Sizes of a transition's arrays, and the row that follows from them.

    All float32 fields come first, so that a row's numbers can be checked as one vector.
    """

    obs_dim: int
    act_dim: int
    context_dim: int = 0
    goal_dim: int = 0

    @classmethod
    def of(cls, task: TaskSizes | None, *, obs_dim: int, act_dim: int) -> TransitionLayout:
        """Return the layout of a task's rows; without a task they hold no context and no goal."""
        if task is None:
            return cls(obs_dim=obs_dim, act_dim=act_dim)
        # A task of a user's own may name NumPy's integers, which a journal's header can't hold.
        context_dim, goal_dim = int(task.context_dim), int(task.goal_dim)
        return cls(obs_dim=obs_dim, act_dim=act_dim, context_dim=context_dim, goal_dim=goal_dim)

    @cached_property
    def float_fields(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of the float32 fields, in order; size 0 for a field that is empty."""
        return (
            ("obs", self.obs_dim),
            ("next_obs", self.obs_dim),
            ("action", self.act_dim),
            ("applied_action", self.act_dim),
            ("previous_action", self.act_dim),
            ("context", self.context_dim),
            ("next_context", self.context_dim),
            ("goal", self.goal_dim),
            ("shares", NUM_SHARES),
            ("reward", 1),
        )

    @property
    def num_floats(self) -> int:
        """Number of float32 values in a row."""
        return sum(size for _, size in self.float_fields)

    @cached_property
    def row_dtype(self) -> np.dtype[np.void]:
        """A transition."""
        arrays = [(name, "<f4", (size,)) for name, size in self.float_fields[:-1]]
        scalars = [("reward", "<f4"), ("reasons", "<u4"), ("terminated", "?"), ("truncated", "?")]
        return np.dtype([*arrays, *scalars])

    def describe(self) -> list[list[str | int]]:
        """Return the row as [name, type, size], for a file's header."""
        fields = self.row_dtype.fields
        assert fields is not None
        return [
            [name, str(fields[name][0].base.str), int(np.prod(fields[name][0].shape, dtype=int))]
            for name in self.row_dtype.names or ()
        ]


class RowPacker:
    """Writes transitions into one reused row."""

    def __init__(self, row: np.ndarray) -> None:
        """Pack into `row`, a structured array (1,) of `TransitionLayout.row_dtype`."""
        self.row = row
        names = row.dtype.names or ()
        self._slots = [(name, row[name]) for name in names]

    def pack(self, transition: Transition) -> np.ndarray:
        """Return the row (1,), filled; valid until the next call."""
        for name, slot in self._slots:
            slot[0] = getattr(transition, name)
        return self.row


def floats_of(rows: np.ndarray, layout: TransitionLayout) -> np.ndarray:
    """Return the float32 values of contiguous rows as (N, num_floats), without copying."""
    raw = rows.view(np.uint8).reshape(len(rows), layout.row_dtype.itemsize)
    return raw[:, : 4 * layout.num_floats].view("<f4")
