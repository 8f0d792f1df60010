"""Velocity limit per joint: narrowed while the start ramp lasts, and towards a joint's ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rl_agent.safety.limit import Interval, Limit, LimitState
from rl_agent.spec import JointSpec, RobotSpec, VelocityCurve
from rl_agent.types import Array, Reason

# [rad/s or m/s]
NOTICEABLE = 1e-9
NO_CURVE = VelocityCurve(lower=-np.inf, upper=np.inf, slope=1.0)


class VelocityLimit(Limit):
    """Allow |v'| <= speed_scale * max_velocity, and no more than the joint's curve, if it has one.

    While the robot keeps its other limits, this one never asks for more than max_acceleration.
    """

    reason = Reason.VELOCITY

    def __init__(self, spec: RobotSpec, dt: float) -> None:
        joints = spec.command_joints
        self._speed = np.array([joint.max_velocity for joint in joints])
        self._slowing = np.array([joint.max_acceleration for joint in joints]) * dt
        # By how much a change of velocity may differ from the last one's.
        self._jerk_step = np.array([joint.max_jerk for joint in joints]) * dt * dt
        self._has_jerk = self._jerk_step < 2.0 * self._slowing
        self._full = Interval(-self._speed, self._speed)
        has_curve = any(joint.velocity_curve is not None for joint in joints)
        self._curves = VelocityCurves(joints, dt) if has_curve else None

    def interval(self, state: LimitState) -> Interval:
        """Return the velocities within the (scaled) limit."""
        scaled = self._scaled(state)
        if self._curves is None:
            return scaled
        down, up = self._curves.speeds(state.position)
        return Interval(-np.minimum(down, scaled.upper), np.minimum(up, scaled.upper))

    def _scaled(self, state: LimitState) -> Interval:
        if state.speed_scale >= 1.0:
            return self._full
        # A scale that falls must not ask for more deceleration than the acceleration limit gives.
        speed = self._speed * state.speed_scale
        reachable = np.abs(state.velocity) - self._slowing
        speed = np.maximum(speed, np.maximum(reachable, self._within_jerk(state, speed)))
        speed = np.minimum(speed, self._speed)
        return Interval(-speed, speed)

    def _within_jerk(self, state: LimitState, speed: Array) -> Array:
        """Return the speeds that jerk-limited joints keep, and 0, never less, for all others.

        A share of the limit may not be kept at once by an acceleration that must fade out first:
        the jerk limit approaches it, and this one waits until the joint has come to go evenly.
        """
        change = state.velocity - state.previous_velocity
        size = np.abs(state.velocity)
        is_even = (
            (size <= speed + NOTICEABLE)
            & (size > 2.0 * self._jerk_step)
            & (np.abs(change) <= self._jerk_step)
        )
        kept = np.abs(state.velocity + change) + self._jerk_step
        left: Array = np.where(self._has_jerk & ~is_even, kept, 0.0)
        return left


class VelocityCurves:
    """The largest v' that keeps the curve where the tick ends: v' <= sqrt(s (d - v'T)) - o.

    d is the distance to the curve's root, s its slope and o its offset. With w = v' + o this is
    w^2 + sTw = s (d + o T), so v' = sqrt((sT/2)^2 + s (d + o T)) - sT/2 - o; where that is negative
    the joint may stand or move away. An infinite d allows an infinite v'.

    It never asks for more deceleration than s/2, which the profile keeps below a, max_acceleration:
    from a v >= aT on the curve, (v + o)^2 <= sd, slowing to v' = v - aT is allowed, because
    (v' + o)^2 = (v + o)^2 - 2aT(v + o) + (aT)^2 <= sd - 2aT(v - aT) <= s (d - v'T). From a smaller
    v, v' = 0 is always allowed. The brake slows by more, and keeps the curve for the same reason.
    """

    def __init__(self, joints: Sequence[JointSpec], dt: float) -> None:
        curves = [joint.velocity_curve or NO_CURVE for joint in joints]
        slope = np.array([curve.slope for curve in curves])
        offset = np.array([curve.offset for curve in curves])
        # Two rows: towards the lower end, and towards the upper one.
        ends = [[-curve.lower for curve in curves], [curve.upper for curve in curves]]
        half = 0.5 * slope * dt
        self._slope = np.array([slope, -slope])
        self._rest = np.array(ends) * slope + (half * half + slope * offset * dt)
        self._minus = half + offset

    def speeds(self, position: Array) -> Array:
        """Return the speeds (2, num_commands) allowed downwards and upwards."""
        square = self._slope * position + self._rest
        return np.maximum(np.sqrt(np.maximum(square, 0.0)) - self._minus, 0.0)
