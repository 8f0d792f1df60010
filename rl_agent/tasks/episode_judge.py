"""Was an episode a success? The one rule, wherever episodes are counted; see `EpisodeJudge`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Array

from .task import Task


class EpisodeJudge:
    """Follows one episode after another; steps may come in portions of any size.

    A task with goals is met when its success holds at the last step; one without, when it held
    over the last `hold_s` without a break. That a task ended the episode itself says nothing here:
    whoever fell has no success at that instant either, if the task says so. Where a task asks for
    it, what is judged is the mean of the newest contexts.
    """

    def __init__(self, task: Task, policy_hz: float) -> None:
        """Judge this task; `policy_hz` is how many steps a second has."""
        self._task = task
        # A nanosecond is far above the rounding of hold_s * policy_hz.
        num_hold = math.ceil(task.hold_s * policy_hz - 1e-9)
        self._num_needed = 1 if task.goal_dim else max(1, num_hold)
        self._num_smooth = max(1, round(task.smooth_s * policy_hz))
        self._newest = np.zeros((0, task.context_dim))
        self.num_held = 0
        """The newest steps in a row that were successes."""

    @property
    def is_success(self) -> bool:
        """Tell whether the episode would be a success if it ended with the newest step."""
        return self.num_held >= self._num_needed

    def add(self, next_contexts: Array, goals: Array) -> NDArray[np.bool_]:
        """Take in the next N steps, and tell (N,) at which of them the task is met.

        Args:
            next_contexts: (N, context_dim) where each step ended.
            goals: (N, goal_dim) what was asked for.
        """
        is_met = self._task.success(self._smooth(next_contexts), goals)
        # A fall is a matter of this instant.
        is_met &= ~self._task.terminated(next_contexts, goals)
        misses = np.flatnonzero(~is_met)
        if len(misses):
            self.num_held = len(is_met) - 1 - int(misses[-1])
        else:
            self.num_held += len(is_met)
        return is_met

    def close(self) -> bool:
        """Tell whether the episode that ends here was a success, and begin the next one."""
        is_success = self.is_success
        self.num_held = 0
        self._newest = self._newest[:0]
        return is_success

    def _smooth(self, contexts: Array) -> Array:
        """Return (N, context_dim) means over the newest `smooth_s` of this episode."""
        width = self._num_smooth
        if width == 1:
            return contexts
        known = np.concatenate([self._newest, contexts])
        self._newest = known[max(0, len(known) - width + 1) :]
        ends = range(len(known) - len(contexts) + 1, len(known) + 1)
        means = [known[max(0, end - width) : end].mean(axis=0) for end in ends]
        return np.array(means).reshape(contexts.shape)
