"""How well a task goes just now: of the last episodes, or of the last half minute."""

from __future__ import annotations

from collections import deque

import numpy as np

from rl_agent.types import Transition

from .episode_judge import EpisodeJudge
from .task import Task

NUM_EPISODES = 20
LAST_S = 30.0
FALL_S = 5.0
"""What a fall takes of a robot's time, until somebody has helped it up."""


class SuccessShare:
    """Share of the last 20 episodes that ended well; of the last 30 s where a task has no goals.

    What has not been seen yet counts as failed, and so do 5 s for each fall.
    """

    def __init__(self, task: Task, policy_hz: float) -> None:
        """Start with nothing seen.

        Args:
            task: What is asked of the robot.
            policy_hz: Transitions per second.
        """
        self._judge = EpisodeJudge(task, policy_hz)
        self._has_goals = task.goal_dim > 0
        num_events = NUM_EPISODES if task.goal_dim else max(1, round(LAST_S * policy_hz))
        self._num_fall = 1 if task.goal_dim else max(1, round(FALL_S * policy_hz))
        self._is_good: deque[bool] = deque([False] * num_events, maxlen=num_events)

    def note(self, transition: Transition) -> None:
        """Take in the next step."""
        context, goal = transition.next_context[None], transition.goal[None]
        is_met = self._judge.add(context.astype(np.float64), goal.astype(np.float64))
        has_ended = transition.terminated or transition.truncated
        is_success = self._judge.close() if has_ended else False
        if self._has_goals:
            self._is_good.extend([is_success] * has_ended)
        elif transition.terminated:
            self._is_good.extend([False] * self._num_fall)
        else:
            self._is_good.append(bool(is_met[0]))

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return sum(self._is_good) / len(self._is_good)
