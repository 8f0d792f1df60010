"""Soft position limits with room to brake: a command is only allowed if it can still be stopped."""

from __future__ import annotations

import numpy as np

from rl_agent.safety.limit import Interval, Limit, LimitState
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array, Reason

# A velocity controller's position is the measurement, which is late, and the motor obeys late. What
# the robot covers meanwhile must be left over, or its last stretch asks for more than a [T].
VELOCITY_REACTION = 4.0
# ... and ticks and measurements come unevenly: the rest of a is for what that changes.
VELOCITY_SHARE = 0.8


class PositionLimit(Limit):
    """Allow v'T + v'^2 / 2a <= d, the distance to the soft limit: v' <= a(-T + sqrt(T^2 + 2d/a)).

    The braking distance v'^2 / 2a is the continuous one, so the bound stays feasible for every
    later tick length: from a velocity with v^2 / 2a <= d, slowing by aT is always admissible.
    Outside a soft limit d counts as zero: standing and moving back are allowed, nothing else.
    """

    reason = Reason.POSITION

    def __init__(self, spec: RobotSpec, dt: float, *, deceleration: Array | None = None) -> None:
        """Read the soft limits of the command joints.

        Args:
            spec: The robot.
            dt: T, the gate period [s].
            deceleration: (num_commands,) a [rad/s2 or m/s2]; max_acceleration unless given.
        """
        joints = spec.command_joints
        normal = np.array([joint.max_acceleration for joint in joints])
        self._lower = np.array([joint.lower + joint.margin for joint in joints])
        self._upper = np.array([joint.upper - joint.margin for joint in joints])
        obeys_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY
        self._reaction_s = dt * (VELOCITY_REACTION if obeys_velocity else 1.0)
        self._reaction_squared = self._reaction_s**2
        normal = normal * (VELOCITY_SHARE if obeys_velocity else 1.0)
        self._acceleration = normal if deceleration is None else deceleration
        self._two_over_a = 2.0 / self._acceleration

    def interval(self, state: LimitState) -> Interval:
        """Return the velocities from which the robot can stop inside the soft limits."""
        upper = self._bound(self._upper - state.position)
        lower = self._bound(state.position - self._lower)
        return Interval(-lower, upper)

    def _bound(self, distance: Array) -> Array:
        # Infinite for a continuous joint, which no arithmetic below turns into NaN.
        spread = np.maximum(distance, 0.0) * self._two_over_a
        bound: Array = (
            np.sqrt(spread + self._reaction_squared) - self._reaction_s
        ) * self._acceleration
        return bound
