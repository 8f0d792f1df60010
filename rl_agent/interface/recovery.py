"""Between a fall and the next episode: nobody explores until the robot stands again."""

from __future__ import annotations

import numpy as np

from rl_agent.tasks.task import Task
from rl_agent.types import Array

SETTLE_S = 0.5
"""The robot must be fit for an episode for so long before one begins."""


class Recovery:
    """Tells when the policy may act again after an end that it brought about.

    Meanwhile the robot is to take its home pose by its own motors (an action of nothing); where
    that does not help, a person must, or a twin's `stand_up`.
    """

    def __init__(self, task: Task, policy_hz: float) -> None:
        """Watch; `policy_hz` is how often `look` is called."""
        self._task = task
        self._needed = max(1, round(SETTLE_S * policy_hz))
        self._num_fit = self._needed
        self.num_falls = 0

    def begin(self) -> None:
        """Note that an episode ended by itself."""
        self.num_falls += 1
        self._num_fit = 0

    def look(self, context: Array, goal: Array) -> bool:
        """Take in the newest reading; tell whether the policy must still wait.

        Args:
            context: (context_dim,) of the task.
            goal: (goal_dim,).
        """
        is_recovering = self._num_fit < self._needed
        # Numbers that are missing compare as those of a robot that stands; one that did stand is
        # left alone all the same: whoever decides refuses to act on them.
        is_unknown = is_recovering and not np.isfinite(context).all()
        if is_unknown or bool(self._task.terminated(context, goal)):
            self._num_fit = 0
        elif is_recovering:
            self._num_fit += 1
        return self._num_fit < self._needed
