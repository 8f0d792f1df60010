"""Returns and successes of episodes, counted from rows of experience."""

from __future__ import annotations

import numpy as np

from rl_agent.tasks.episode_judge import EpisodeJudge

from .env_adapter import EpisodeSummary


class EpisodeTally:
    """Adds up rewards until an episode ends; rows may come a few at a time."""

    def __init__(self, judge: EpisodeJudge) -> None:
        """Ask `judge` what a success is."""
        self._judge = judge
        self._return, self._num_steps = 0.0, 0

    def take(self, rows: np.ndarray) -> list[EpisodeSummary]:
        """Return the episodes that end within rows (N,), in order."""
        ended: list[EpisodeSummary] = []
        is_last = rows["terminated"] | rows["truncated"]
        begin = 0
        for end in np.flatnonzero(is_last) + 1:
            self._add(rows[begin:end])
            ended.append(self._close())
            begin = int(end)
        self._add(rows[begin:])
        return ended

    def _add(self, rows: np.ndarray) -> None:
        self._return += float(np.nansum(rows["reward"], dtype=np.float64))
        self._num_steps += len(rows)
        self._judge.add(rows["next_context"].astype(np.float64), rows["goal"].astype(np.float64))

    def _close(self) -> EpisodeSummary:
        summary = EpisodeSummary(self._return, self._num_steps, self._judge.close())
        self._return, self._num_steps = 0.0, 0
        return summary
