"""The newest rows of experience, in order: what a run's health is judged by."""

from __future__ import annotations

import numpy as np

from rl_agent.data.layout import RowPacker, TransitionLayout
from rl_agent.types import Transition


class RecentSteps:
    """The last `capacity` rows; a resumed run fills it from its journal."""

    def __init__(self, layout: TransitionLayout, capacity: int) -> None:
        """Start empty."""
        self._rows = np.zeros(max(1, capacity), layout.row_dtype)
        self._packer = RowPacker(np.zeros(1, layout.row_dtype))
        self._num_seen = 0

    def add(self, transition: Transition) -> None:
        """Take one more."""
        self._rows[self._num_seen % len(self._rows)] = self._packer.pack(transition)[0]
        self._num_seen += 1

    def add_rows(self, rows: np.ndarray) -> None:
        """Take rows (N,) in order; the same as one at a time."""
        capacity = len(self._rows)
        first = max(0, len(rows) - capacity)
        places = (self._num_seen + np.arange(first, len(rows))) % capacity
        self._rows[places] = rows[first:]
        self._num_seen += len(rows)

    def clear(self) -> None:
        """Forget all."""
        self._num_seen = 0

    def since(self, env_step: int) -> np.ndarray:
        """Return (N,) a copy of the rows held, but for the run's first `env_step` steps."""
        capacity = len(self._rows)
        first = max(env_step, self._num_seen - capacity)
        return self._rows[np.arange(first, self._num_seen) % capacity]
