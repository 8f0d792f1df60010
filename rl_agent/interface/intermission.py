"""Between the end of an episode and the next: recovery from a fall, then the reset."""

from __future__ import annotations

import numpy as np

from rl_agent.interface.episode_reset import EpisodeReset
from rl_agent.interface.recovery import Recovery
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import Array, FloatArray, Measurement


class Intermission:
    """Says what a robot does while nobody explores; what it does then is nobody's experience."""

    def __init__(self, spec: RobotSpec, task: Task, reset: EpisodeReset | None) -> None:
        """Watch a robot that is about to begin an episode."""
        self._task = task
        self._recovery = Recovery(task, spec.policy_hz)
        self._reset = reset
        self._rest = np.zeros(spec.act_dim, dtype=np.float32)
        self.is_resetting = False

    @property
    def num_falls(self) -> int:
        """Episodes that the policy brought to an end itself."""
        return self._recovery.num_falls

    @property
    def holds_goals(self) -> bool:
        """Whether the goal that stands waits for the next episode."""
        return self.is_resetting and self._reset is not None and self._reset.holds_goals

    def begin(self, goal: Array | None, *, has_fallen: bool = False) -> None:
        """Note the end of an episode.

        Args:
            goal: (goal_dim,) what was asked for, where it ended before its time; else None.
            has_fallen: The policy ended it.
        """
        if has_fallen:
            self._recovery.begin()
        if self._reset is not None:
            self._reset.begin(goal)
            self.is_resetting = True

    def act(self, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Return the action (act_dim,) of the next period; None where the policy may act.

        Args:
            measurement: The newest reading.
            goal: (goal_dim,) what is asked for now.
        """
        if self._recovery.look(self._task.context(measurement), goal):
            return self._rest.copy()
        if self._reset is None or not self.is_resetting:
            return None
        action = self._reset.act(measurement, goal)
        self.is_resetting = action is not None
        return action
