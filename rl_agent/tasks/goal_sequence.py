"""What is asked of a robot, one goal after the other: the task's, and perhaps back to the start."""

from __future__ import annotations

import numpy as np

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.types import Array, Measurement

from .task import Task


class GoalSequence:
    """Draws the task's goals; `alternates`, every other one is the start's.

    Then a robot learns without anybody who resets it: the policy that is asked to go back is its
    learned reset (Eysenbach et al. 2018, "Leave no Trace", arXiv:1711.06782, with one policy for
    both ways, as goals tell them apart).
    """

    def __init__(self, task: Task, rng: np.random.Generator, *, alternates: bool = False) -> None:
        """Begin with a goal of the task's.

        Raises:
            ProfileError: No goal leads back to the task's start.
        """
        self._task = task
        self._rng = rng
        self._alternates = alternates
        self._goes_back = False
        if alternates and task.start_goal(rng) is None:
            message = f"{type(task).__name__} has no goal that leads back to its start"
            raise ProfileError("goals", [Problem("alternates", message)])

    def next(self, measurement: Measurement) -> Array:
        """Return the next goal (goal_dim,) for a robot that stands as measured."""
        goal = self._task.start_goal(self._rng) if self._goes_back else None
        self._goes_back = self._alternates and not self._goes_back
        return self._task.sample_goal(self._rng, measurement) if goal is None else goal
