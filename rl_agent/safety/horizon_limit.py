"""No faster than the predictive check can see to the end of: a stop must fit into its horizon."""

from __future__ import annotations

import numpy as np

from rl_agent.safety.limit import Interval, Limit, LimitState
from rl_agent.safety.predictive_check import PredictiveCheck
from rl_agent.spec import RobotSpec
from rl_agent.types import Reason


class HorizonLimit(Limit):
    """Allow |v'| <= the speed from which the brake profile comes to rest within the horizon."""

    reason = Reason.PREDICTION

    def __init__(self, spec: RobotSpec, dt: float, check: PredictiveCheck) -> None:
        self._speed = check.stoppable_speed
        self._slowing = np.array([joint.max_acceleration for joint in spec.command_joints]) * dt

    def interval(self, state: LimitState) -> Interval:
        """Return the velocities that can be looked through."""
        # A robot that is faster already slows as gently as its acceleration limit asks.
        speed = np.maximum(self._speed, np.abs(state.velocity) - self._slowing)
        return Interval(-speed, speed)
