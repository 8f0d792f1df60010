"""Measured velocity against the change of the measured position: one of the two is wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.plausibility import circles, shortest_way
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Measurement, Reason

# Differences are judged over about this long [s]: one encoder step is nothing over it.
MEMORY_S = 0.1
# The two may differ by this share of the velocity limit, for drivers filter their velocities.
SHARE = 0.25


class ConsistencyMonitor(Monitor):
    """A leaky sum of dq - v dt per joint stays below SHARE * max_velocity * MEMORY_S.

    Finds velocities of the wrong sign or unit, and positions that were scaled.
    """

    def __init__(self, spec: RobotSpec) -> None:
        joints = spec.joints
        self._names = spec.joint_names
        self._most = SHARE * MEMORY_S * np.array([joint.max_velocity for joint in joints])
        self._circles = circles(joints)
        self._longest_s = spec.observation_timeout_s
        self._last: Measurement | None = None
        self._sum = np.zeros(len(joints))

    def check(self, view: View) -> Finding | None:
        """Add the newest measurement, and name a joint that contradicts itself."""
        if view.is_new:
            self._add(view.measurement)
        beyond = np.abs(self._sum) > self._most
        if not beyond.any():
            return None
        name = self._names[int(np.argmax(beyond))]
        words = f"{name}'s measured velocity contradicts its measured positions"
        return Finding(Reason.IMPLAUSIBLE, words)

    def _add(self, new: Measurement) -> None:
        last, self._last = self._last, new
        if last is None:
            return
        elapsed_s = new.stamp_s - last.stamp_s
        # Across a gap nobody knows how the velocity went.
        if not 0.0 < elapsed_s <= self._longest_s:
            return
        change = shortest_way(new.position - last.position, self._circles)
        change -= (0.5 * elapsed_s) * (new.velocity + last.velocity)
        self._sum = math.exp(-elapsed_s / MEMORY_S) * self._sum + change

    def restart(self) -> None:
        """Begin with the next measurement."""
        self._last = None
        self._sum = np.zeros_like(self._sum)

    def get_state(self) -> dict[str, Any]:
        """Return the sum and the measurement at its end."""
        last = self._last
        return {
            "sum": self._sum.copy(),
            "last": last and [last.stamp_s, last.position.copy(), last.velocity.copy()],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._sum = np.array(state["sum"], dtype=np.float64)
        self._last = None
        if state["last"] is not None:
            stamp_s, position, velocity = state["last"]
            self._last = Measurement(float(stamp_s), _array(position), _array(velocity))


def _array(values: object) -> Array:
    return np.array(values, dtype=np.float64)
