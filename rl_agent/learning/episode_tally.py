"""Returns of episodes, counted from rows of experience."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Array

from .env_adapter import EpisodeSummary

Success = Callable[[Array, Array], NDArray[np.bool_]]


class EpisodeTally:
    """Adds up rewards until an episode ends; rows may come a few at a time."""

    def __init__(self, success: Success) -> None:
        """Know what a success is: (context, goal) -> bool, at an episode's end."""
        self._success = success
        self._return, self._num_steps = 0.0, 0

    def take(self, rows: np.ndarray) -> list[EpisodeSummary]:
        """Return the episodes that end within rows (N,), in order."""
        ended: list[EpisodeSummary] = []
        is_last = rows["terminated"] | rows["truncated"]
        begin = 0
        for end in np.flatnonzero(is_last) + 1:
            self._add(rows[begin:end])
            ended.append(self._close(rows[end - 1]))
            begin = int(end)
        self._add(rows[begin:])
        return ended

    def _add(self, rows: np.ndarray) -> None:
        self._return += float(np.nansum(rows["reward"], dtype=np.float64))
        self._num_steps += len(rows)

    def _close(self, row: np.void) -> EpisodeSummary:
        context, goal = row["next_context"].astype(float), row["goal"].astype(float)
        is_success = bool(self._success(context, goal)) and not row["terminated"]
        summary = EpisodeSummary(self._return, self._num_steps, is_success)
        self._return, self._num_steps = 0.0, 0
        return summary
