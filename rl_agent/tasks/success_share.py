"""How well a task goes just now: of the last episodes, or of the last half minute."""

from __future__ import annotations

from collections import deque

import numpy as np

from rl_agent.types import Reason, Transition

from .episode_judge import EpisodeJudge
from .task import Task

NUM_EPISODES = 10
LAST_S = 30.0
FALL_S = 5.0
"""What a fall takes of a robot's time, until somebody has helped it up."""


class SuccessShare:
    """Share of the last 10 episodes that ended well; of the last 30 s where a task has no goals.

    What has not been seen yet counts as failed, and so do 5 s for each fall, and whatever a person
    at the controls helped with.
    """

    def __init__(self, task: Task, policy_hz: float, *, is_judged: bool = False) -> None:
        """Start with nothing seen.

        Args:
            task: What is asked of the robot.
            policy_hz: Transitions per second.
            is_judged: Whether a person or a classifier says what a success is: by rewards alone.
        """
        self._is_judged, self._has_goals = is_judged, task.goal_dim > 0
        self._judge = EpisodeJudge(task, policy_hz)
        num_events = NUM_EPISODES
        if not (is_judged or self._has_goals):
            num_events = max(1, round(LAST_S * policy_hz))
        self._num_fall = max(1, round(FALL_S * policy_hz))
        self._was_helped = False
        """Within this episode."""
        self._is_good: deque[bool] = deque([False] * num_events, maxlen=num_events)

    def note(self, transition: Transition) -> None:
        """Take in the next step."""
        has_ended = transition.terminated or transition.truncated
        is_helped = bool(transition.reasons & Reason.HUMAN)
        was_helped = self._was_helped or is_helped
        self._was_helped = was_helped and not has_ended
        if self._is_judged:
            if has_ended:
                self._is_good.append(transition.reward > 0.0 and not was_helped)
            return
        context, goal = transition.next_context[None], transition.goal[None]
        is_met = self._judge.add(context.astype(np.float64), goal.astype(np.float64))
        is_success = self._judge.close() if has_ended else False
        if self._has_goals:
            self._is_good.extend([is_success and not was_helped] * has_ended)
        elif transition.terminated:
            self._is_good.extend([False] * self._num_fall)
        else:
            self._is_good.append(bool(is_met[0]) and not is_helped)

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return sum(self._is_good) / len(self._is_good)
