"""How fast to close a gap so that neither the gap's end nor the reference's is overshot.

A reference may ask for more acceleration than the limits give; whoever then simply divides the gap
by one tick arrives too fast, overshoots and comes back. The law below is the fastest one that still
arrives with the wanted velocity, in ticks of constant velocity: on it, speed falls by aT per tick.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array


class Outlook(NamedTuple):
    """How far a reference will still go."""

    lowest: Array
    """(num_commands,) no later reference is below [rad or m]."""
    highest: Array
    """(num_commands,) nor above."""
    end_velocity: Array
    """(num_commands,) its velocity at its end [rad/s or m/s]."""


class Approach:
    """The arrival law of one robot at one gate rate."""

    def __init__(self, spec: RobotSpec, dt: float) -> None:
        acceleration = np.array([joint.max_acceleration for joint in spec.command_joints])
        self._double = 2.0 * acceleration
        self._half_step = 0.5 * acceleration * dt
        self._rate = 1.0 / dt

    def toward(self, gap: Array, velocity: Array) -> Array:
        """Return the velocity with which to start closing `gap` (num_commands,) [rad or m].

        Exactly gap / T where a reference that arrives with `velocity` keeps the acceleration limit.
        """
        size = np.abs(gap)
        end_speed = np.maximum(velocity * np.sign(gap), 0.0)
        speed = np.minimum(size * self._rate, self._ceiling(size, end_speed))
        closing: Array = np.copysign(speed, gap)
        return closing

    def within(self, wanted: Array, position: Array, outlook: Outlook) -> Array:
        """Return `wanted`, slowed where the reference's end could not be met any more."""
        is_up = wanted > 0.0
        direction = np.sign(wanted)
        farthest = np.where(is_up, outlook.highest, outlook.lowest)
        room = np.maximum((farthest - position) * direction, 0.0)
        end_speed = np.maximum(outlook.end_velocity * direction, 0.0)
        # Less than one tick away, arriving matters and braking does not.
        slowest = np.minimum(room * self._rate, end_speed + self._half_step)
        speed = np.minimum(np.abs(wanted), np.maximum(self._curve(room, end_speed), slowest))
        slowed: Array = np.copysign(speed, wanted)
        return slowed

    def _ceiling(self, distance: Array, end_speed: Array) -> Array:
        ceiling: Array = np.maximum(self._curve(distance, end_speed), end_speed + self._half_step)
        return ceiling

    def _curve(self, distance: Array, end_speed: Array) -> Array:
        """Return the tick velocity v with (v + aT/2)^2 = end_speed^2 + 2 a distance."""
        curve: Array = np.sqrt(end_speed * end_speed + self._double * distance) - self._half_step
        return curve
