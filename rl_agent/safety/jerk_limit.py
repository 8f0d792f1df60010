"""Jerk limit per joint, with room to stop within it: exact by tick sequence.

From every velocity that it allows, the joint can come to rest within jerk, acceleration and
velocity limits before its soft position limit (`jerk_stop.py` has the way). So in normal motion
there always is a next one, and no other limit has to break this one. After emergency braking, which
obeys no jerk limit, it begins anew: in the next tick it may slow by anything up to A.
"""

from __future__ import annotations

import numpy as np

from rl_agent.safety.jerk_stop import largest_step, stopping_way
from rl_agent.safety.limit import Interval, Limit, LimitState
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Reason

# The accelerations within reach are tried in two rounds of so many: to one part in 64.
TRIES = 9
ROUNDING = 1e-8


def has_jerk_limits(spec: RobotSpec, dt: float) -> bool:
    """Tell whether any command joint's jerk limit can bind at ticks of `dt` [s]."""
    return any(joint.max_jerk * dt < 2.0 * joint.max_acceleration for joint in spec.command_joints)


class JerkLimit(Limit):
    """Allow |a' - a| <= max_jerk * T, and what leaves room to stop with it."""

    reason = Reason.JERK

    def __init__(self, spec: RobotSpec, dt: float, *, most_speed: Array | None = None) -> None:
        """Read the limits of the command joints.

        Args:
            spec: The robot.
            dt: T, the gate period [s].
            most_speed: (num_commands,) what another limit allows at most, if one does [rad/s].
        """
        joints = spec.command_joints
        acceleration = np.array([joint.max_acceleration for joint in joints])
        jerk = np.array([joint.max_jerk for joint in joints])
        unbound = 2.0 * acceleration
        self._unit = np.minimum(jerk * dt, unbound)  # of accelerations; all else counts in it
        self._is_bound = self._unit < unbound
        self._dt = dt
        self._most = acceleration / self._unit
        speed = np.array([joint.max_velocity for joint in joints])
        speed = speed if most_speed is None else np.minimum(speed, most_speed)
        self._speed = speed / (self._unit * dt)
        self._lower = np.array([joint.lower + joint.margin for joint in joints])
        self._upper = np.array([joint.upper - joint.margin for joint in joints])

    def interval(self, state: LimitState) -> Interval:
        """Return the velocities from which the joint can stop within its jerk limit."""
        tick = self._unit * self._dt
        speed = state.velocity / tick
        last = np.clip(speed - state.previous_velocity / tick, -self._most, self._most)
        rooms = np.stack([self._upper - state.position, state.position - self._lower])
        rooms = rooms / (tick * self._dt)
        signs = np.array([[1.0], [-1.0]])
        signed = signs * last
        bottoms = -self._most if state.is_after_brake else signed - 1.0
        highest, lowest = self._highest(signs * speed, signed, rooms, bottoms)
        upper, lower = speed + highest, speed - lowest
        if state.is_after_brake:
            # It may have to slow at once by more than one step, and then may not do less.
            upper = np.where(speed < 0.0, np.maximum(upper, lower), upper)
            lower = np.where(speed > 0.0, np.minimum(lower, upper), lower)
        if state.speed_scale < 1.0:
            fastest = self._speed * max(state.speed_scale, 0.0)
            up = speed + _fading(fastest - speed)
            down = speed - _fading(fastest + speed)
            # A scale that was lowered waits for what jerk and the borders ask.
            up, down = np.maximum(up, lower), np.minimum(down, upper)
            upper, lower = np.minimum(up, upper), np.maximum(down, lower)
        return Interval(
            np.where(self._is_bound, lower * tick, -np.inf),
            np.where(self._is_bound, upper * tick, np.inf),
        )

    def arrive(self, wanted: Array, state: LimitState, farthest: Array, end_speed: Array) -> Array:
        """Return `wanted`, slowed so that a reference's end is not overshot for want of jerk.

        Args:
            wanted: (num_commands,) [rad/s or m/s].
            state: The last applied command.
            farthest: (num_commands,) where the reference will be at the end of its way [rad or m].
            end_speed: (num_commands,) its speed there in the direction of `wanted`; a negative one
                counts as none.
        """
        tick = self._unit * self._dt
        sign = np.sign(wanted)
        speed, before = sign * state.velocity / tick, sign * state.previous_velocity / tick
        last = np.clip(speed - before, -self._most, self._most)
        room = np.maximum(sign * (farthest - state.position), 0.0) / (tick * self._dt)
        # One that goes on there need not stop there.
        room = room + stopping_way(end_speed / tick, np.zeros_like(speed), self._most)
        bottom = -self._most if state.is_after_brake else last - 1.0
        highest = self._highest(speed[None], last[None], room[None], bottom)[0]
        most = (speed + highest) * tick
        slowed = np.minimum(np.abs(wanted), np.maximum(most, 0.0))
        return np.where(self._is_bound, np.copysign(slowed, wanted), wanted)

    def _highest(self, speed: Array, last: Array, room: Array, bottom: Array) -> Array:
        """Return the largest next acceleration towards borders, (num_borders, num_commands)."""
        bottom = np.broadcast_to(np.maximum(bottom, -self._most), speed.shape)
        top = np.minimum(np.minimum(last + 1.0, self._most), largest_step(self._speed - speed))
        top = np.maximum(top, bottom)
        # What the way to a stop was computed with is allowed whatever the grid says.
        stop = np.clip(-largest_step(speed), bottom, top)
        low, high = bottom, top
        for _ in range(2):
            low, high = self._narrow(speed, room, low, high)
        is_stop_better = (stop > low) & (self._way(speed, stop[None])[0] <= room + ROUNDING)
        best: Array = np.where(is_stop_better, stop, low)
        return best

    def _narrow(self, speed: Array, room: Array, low: Array, high: Array) -> tuple[Array, Array]:
        tries = low + np.linspace(0.0, 1.0, TRIES)[:, None, None] * (high - low)
        is_allowed = self._way(speed, tries) <= room + ROUNDING
        # From the first that is too much on, none is allowed.
        count = np.logical_and.accumulate(is_allowed, axis=0).sum(axis=0)
        at, after = np.maximum(count - 1, 0), np.minimum(count, TRIES - 1)
        pick = np.take_along_axis
        return pick(tries, at[None], axis=0)[0], pick(tries, after[None], axis=0)[0]

    def _way(self, speed: Array, acceleration: Array) -> Array:
        """Return the way from here to rest, if the next tick has this acceleration."""
        speed = speed + acceleration
        rising = np.maximum(acceleration, 0.0)
        whole = np.floor(rising)
        peak = np.maximum(speed + whole * rising - 0.5 * whole * (whole + 1.0), 0.0)
        # Half a tick of the fastest speed more: what the position limit's own law asks for.
        way: Array = speed + stopping_way(speed, acceleration, self._most) + 0.5 * peak
        return way


def _fading(spare: Array) -> Array:
    """Return the acceleration that can fade out on the way to a speed, from either side."""
    fading: Array = np.copysign(largest_step(np.abs(spare)), spare)
    return fading
