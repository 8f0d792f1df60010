"""Whether a reading can be true, given the last one that was believed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rl_agent.spec import JointSpec, JointType, RobotSpec
from rl_agent.types import Array, Measurement

# No joint moves faster than this many times its limit, be it pushed ...
SPEED_SHARE = 1.5
# ... and one that says so of itself may exaggerate, for its driver differentiates.
VELOCITY_SHARE = 2.0
TOLERANCE = 0.01
"""[rad or m], for noise and coarse stamps."""
RANGE_SHARE = 0.1
"""A joint is never further beyond its hard limits than this share of its range."""
MEMORY_S = 0.02
"""A joint that jumped and keeps sending may have moved for this long since [s]."""

_TURN = math.tau


class Plausibility:
    """Names the joint whose reading cannot be true."""

    def __init__(self, spec: RobotSpec) -> None:
        joints = spec.joints
        self._names = spec.joint_names
        self._period_s = 1.0 / spec.state_hz
        speed = np.array([joint.max_velocity for joint in joints])
        self._reach_speed = SPEED_SHARE * speed
        self._fastest = VELOCITY_SHARE * speed
        lower = np.array([joint.lower for joint in joints])
        upper = np.array([joint.upper for joint in joints])
        spare = RANGE_SHARE * np.where(np.isfinite(upper - lower), upper - lower, 0.0)
        self._lower, self._upper = lower - spare, upper + spare
        self._circles = circles(joints)

    def problem(self, new: Measurement, believed: Measurement, gap_s: float) -> str:
        """Return what is wrong with `new` in words; empty if nothing.

        Args:
            new: The reading.
            believed: The last one that was plausible.
            gap_s: Since the last reading of any kind, by their stamps [s]. While readings keep
                coming, one that jumped does not become true by waiting.
        """
        if (np.abs(new.velocity) > self._fastest).any():
            joint = int(np.argmax(np.abs(new.velocity) - self._fastest))
            return f"{self._names[joint]} reads a speed of {new.velocity[joint]:.3g}"
        outside = np.maximum(self._lower - new.position, new.position - self._upper)
        if (outside > 0.0).any():
            joint = int(np.argmax(outside))
            return f"{self._names[joint]} reads {new.position[joint]:.3f}, far outside its limits"
        elapsed_s = min(new.stamp_s - believed.stamp_s, max(gap_s, MEMORY_S))
        elapsed_s = max(elapsed_s, self._period_s)
        change = np.abs(shortest_way(new.position - believed.position, self._circles))
        excess = change - self._reach_speed * elapsed_s - TOLERANCE
        if not (excess > 0.0).any():
            return ""
        joint = int(np.argmax(excess))
        return f"{self._names[joint]} jumped by {change[joint]:.3f}"


def circles(joints: Sequence[JointSpec]) -> NDArray[np.bool_] | None:
    """Return (num_joints,) which joints turn endlessly, so that a turn is no change; None: none."""
    flags = np.array([joint.type is JointType.CONTINUOUS for joint in joints])
    return flags if flags.any() else None


def shortest_way(change: Array, endless: NDArray[np.bool_] | None) -> Array:
    """Return changes of position (num_joints,) with those of endless joints within half a turn."""
    if endless is None:
        return change
    return np.where(endless, change - _TURN * np.round(change / _TURN), change)
