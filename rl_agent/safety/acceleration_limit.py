"""Acceleration limit per joint, against the velocity last applied."""

from __future__ import annotations

import numpy as np

from rl_agent.safety.limit import Interval, Limit, LimitState
from rl_agent.spec import RobotSpec
from rl_agent.types import Reason


class AccelerationLimit(Limit):
    """Allow |v' - v| <= max_acceleration * T."""

    reason = Reason.ACCELERATION

    def __init__(self, spec: RobotSpec, dt: float) -> None:
        self._step = np.array([joint.max_acceleration for joint in spec.command_joints]) * dt

    def interval(self, state: LimitState) -> Interval:
        """Return the velocities reachable in one tick."""
        return Interval(state.velocity - self._step, state.velocity + self._step)
