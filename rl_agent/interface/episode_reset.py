"""What happens between two episodes of a robot that learns; nothing of it is learned from.

Not to be taken for `surefoot reset`, by which an operator clears the gate's latch.
"""

from __future__ import annotations

from typing import Protocol

from rl_agent.types import Array, FloatArray, Measurement


class EpisodeReset(Protocol):
    """Drives the robot, through the usual mapper and gate, until an episode may begin."""

    holds_goals: bool
    """Whether the goal that stands is the next episode's, and waits for it."""

    def begin(self, goal: Array | None) -> None:
        """Note that an episode has ended; may come again before it is over.

        Args:
            goal: (goal_dim,) what was asked for, if the episode ended before its time; else None.
        """

    def act(self, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Return the next period's action (act_dim,); None once an episode may begin.

        Args:
            measurement: The newest reading.
            goal: (goal_dim,) what is asked for now.
        """
        ...
