"""What a limit is: given the commands already sent, an interval for the next velocity.

The filter intersects the intervals of all limits, so their order does not matter while they agree.
Where they contradict each other the earlier one in the filter's list wins: position, then velocity,
then acceleration.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rl_agent.types import Array, Reason


class Interval(NamedTuple):
    """Bounds on the next velocity, per command joint."""

    lower: Array
    """(num_commands,) [rad/s or m/s]."""
    upper: Array
    """(num_commands,) [rad/s or m/s]."""


@dataclass(frozen=True, slots=True)
class LimitState:
    """The last applied command: the next is limited against it, never against a requested one."""

    position: Array
    """(num_commands,) [rad or m]."""
    velocity: Array
    """(num_commands,) [rad/s or m/s]."""
    previous_velocity: Array
    """(num_commands,) one tick earlier than `velocity`."""
    speed_scale: float = 1.0
    """Share of the velocity limit that may be used, below 1 during the start ramp."""
    is_after_brake: bool = False
    """Whether the last tick was one of emergency braking, which obeys no jerk limit."""


class Limit(ABC):
    """One physical limit of one robot at one gate rate."""

    reason: Reason
    """What a command is marked with when this limit changed it."""

    @abstractmethod
    def interval(self, state: LimitState) -> Interval:
        """Return the velocities [rad/s or m/s] that this limit allows in the next tick."""


def intersect(intervals: Sequence[Interval]) -> Interval:
    """Return the common part; where there is none, the earlier one's point nearest the later."""
    lower, upper = intervals[0]
    for interval in intervals[1:]:
        narrowed = np.minimum(np.maximum(interval.lower, lower), upper)
        upper = np.maximum(np.minimum(interval.upper, upper), lower)
        lower = narrowed
    return Interval(lower, upper)
