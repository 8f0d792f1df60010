"""Velocity limit per joint, narrowed while the start ramp lasts."""

from __future__ import annotations

import numpy as np

from rl_agent.safety.limit import Interval, Limit, LimitState
from rl_agent.spec import RobotSpec
from rl_agent.types import Reason


class VelocityLimit(Limit):
    """Allow |v'| <= speed_scale * max_velocity."""

    reason = Reason.VELOCITY

    def __init__(self, spec: RobotSpec, dt: float) -> None:
        joints = spec.command_joints
        self._speed = np.array([joint.max_velocity for joint in joints])
        self._slowing = np.array([joint.max_acceleration for joint in joints]) * dt
        self._full = Interval(-self._speed, self._speed)

    def interval(self, state: LimitState) -> Interval:
        """Return the velocities within the (scaled) limit."""
        if state.speed_scale >= 1.0:
            return self._full
        # A scale that falls must not ask for more deceleration than the acceleration limit gives.
        reachable = np.abs(state.velocity) - self._slowing
        speed = np.maximum(self._speed * max(state.speed_scale, 0.0), reachable)
        speed = np.minimum(speed, self._speed)
        return Interval(-speed, speed)
