"""Returns and successes of episodes, counted from rows of experience."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .episode_judge import EpisodeJudge
from .episode_summary import EpisodeSummary


class EpisodeTally:
    """Adds up rewards until an episode ends; rows may come a few at a time.

    Where a row does not go on where the one before ended (a pause, a step that was not kept), what
    came before was no whole episode, and is not counted.
    """

    def __init__(self, judge: EpisodeJudge | None, *, begins_within: bool = False) -> None:
        """Begin to count.

        Args:
            judge: Says what a success is; None reads it from rewards that a `Referee` gave.
            begins_within: Whether the first row may lie within an episode, which is then left out.
        """
        self._judge = judge
        self._is_partial = begins_within
        self._return, self._num_steps = 0.0, 0
        self._next_obs: np.ndarray | None = None
        """(obs_dim,) where the newest row ended; None before the first."""

    def take(self, rows: np.ndarray) -> list[EpisodeSummary]:
        """Return the episodes that end within rows (N,), in order."""
        ended: list[EpisodeSummary] = []
        if not len(rows):
            return ended
        is_last = rows["terminated"] | rows["truncated"]
        goes_on = self._goes_on(rows)
        if not goes_on[0]:
            self._drop()
        begin = 0
        for end in np.flatnonzero(is_last | ~np.append(goes_on[1:], True)) + 1:
            self._add(rows[begin:end])
            if is_last[end - 1] and not self._is_partial:
                ended.append(self._close(rows[end - 1]))
            else:
                self._drop()
            begin = int(end)
        self._add(rows[begin:])
        self._next_obs = rows["next_obs"][-1].copy()
        return ended

    def _goes_on(self, rows: np.ndarray) -> NDArray[np.bool_]:
        """Tell (N,) which rows begin where the one before ended."""
        before = np.concatenate([rows["obs"][:1], rows["next_obs"][:-1]])
        if self._next_obs is not None:
            before[0] = self._next_obs
        goes_on: NDArray[np.bool_] = (before == rows["obs"]).all(axis=1)
        return goes_on

    def _add(self, rows: np.ndarray) -> None:
        rewards = rows["reward"].astype(np.float64)
        self._return += float(np.nan_to_num(rewards, posinf=0.0, neginf=0.0).sum())
        self._num_steps += len(rows)
        if self._judge is not None:
            contexts, goals = rows["next_context"], rows["goal"]
            self._judge.add(contexts.astype(np.float64), goals.astype(np.float64))

    def _drop(self) -> None:
        if self._judge is not None:
            self._judge.close()
        self._return, self._num_steps, self._is_partial = 0.0, 0, False

    def _close(self, last: np.void) -> EpisodeSummary:
        is_success = bool(last["reward"] > 0.0) if self._judge is None else self._judge.close()
        summary = EpisodeSummary(self._return, self._num_steps, is_success)
        self._return, self._num_steps = 0.0, 0
        return summary
