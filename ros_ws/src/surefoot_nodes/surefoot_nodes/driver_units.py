"""The driver's numbers to ours and back: position = sign * scale * driver_position + offset.

What a driver sends may be huge: it becomes infinite here, and whoever uses it refuses that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rl_agent.spec import JointSpec
from rl_agent.types import Array


class DriverUnits:
    """Conversion for some joints, in their order."""

    def __init__(self, joints: Sequence[JointSpec]) -> None:
        self._gain = np.array([joint.sign * joint.scale for joint in joints], dtype=np.float64)
        self._sign = np.array([joint.sign for joint in joints], dtype=np.float64)
        self._offset = np.array([joint.offset_rad for joint in joints], dtype=np.float64)

    def position_to_si(self, position: Array) -> Array:
        """Return (num_joints,) [rad or m] of the driver's positions."""
        with np.errstate(over="ignore"):
            return self._gain * position + self._offset

    def velocity_to_si(self, velocity: Array) -> Array:
        """Return (num_joints,) [rad/s or m/s] of the driver's velocities."""
        with np.errstate(over="ignore"):
            return self._gain * velocity

    def effort_to_si(self, effort: Array) -> Array:
        """Return (num_joints,) [N m or N], or the driver's efforts of ours: its unit is ours."""
        return self._sign * effort

    def position_to_driver(self, position: Array) -> Array:
        """Return (num_joints,) what the driver calls these positions [rad or m]."""
        return (position - self._offset) / self._gain

    def velocity_to_driver(self, velocity: Array) -> Array:
        """Return (num_joints,) what the driver calls these velocities [rad/s or m/s]."""
        return velocity / self._gain
