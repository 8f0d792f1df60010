"""Frozen sensor: a position stays the same to the last bit although the joint must have moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.spec import JointSpec, RobotSpec
from rl_agent.types import Array, Reason

# A joint may hesitate this long at full speed before its sensor is suspected [s]: dead time,
# backlash and dry friction keep a healthy joint from following at once.
HESITATION_S = 0.05
# By its own velocity, a joint has moved by this much [rad or m]: more than any encoder's step.
RESOLUTION = 0.01


class FrozenMonitor(Monitor):
    """Sums up how far each joint should have gone since its position last changed.

    That is by the command (at most HESITATION_S at full speed, or the following error that is
    allowed, if less), and by the velocity that is measured together with the position. A robot that
    stands in peace raises neither sum.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self._names = spec.joint_names
        self._index = np.array(spec.command_index)
        self._dt = spec.gate_period_s
        self._longest_s = spec.observation_timeout_s
        self._most = np.array([_hesitation(j) for j in spec.command_joints])
        self._last: Array | None = None
        self._stamp_s = 0.0
        self._commanded = np.zeros(len(self._index))
        self._measured = np.zeros(len(self._names))
        self._ticks = 0

    def check(self, view: View) -> Finding | None:
        """Add this tick, and name a joint that is frozen."""
        self._ticks += 1
        if view.is_new:
            self._add(view)
        frozen = self._commanded > self._most
        moving = self._measured > RESOLUTION
        if not (frozen.any() or moving.any()):
            return None
        joint = self._index[np.argmax(frozen)] if frozen.any() else np.argmax(moving)
        words = f"the reading of {self._names[int(joint)]} is frozen although the joint moves"
        return Finding(Reason.FROZEN, words)

    def _add(self, view: View) -> None:
        measured, last = view.measurement, self._last
        elapsed_s, self._stamp_s = measured.stamp_s - self._stamp_s, measured.stamp_s
        ticks, self._ticks = self._ticks, 0
        self._last = measured.position
        if last is None:
            return
        is_same = measured.position == last
        if not is_same.any():
            self._commanded[:] = self._measured[:] = 0.0
            return
        commanded = self._commanded + np.abs(view.velocity) * (ticks * self._dt)
        self._commanded = np.where(is_same[self._index], commanded, 0.0)
        # Stamps may jump, as when a wall clock is set.
        elapsed_s = min(max(elapsed_s, 0.0), self._longest_s)
        travelled = self._measured + np.abs(measured.velocity) * elapsed_s
        self._measured = np.where(is_same, travelled, 0.0)

    def restart(self) -> None:
        """Begin with the next measurement."""
        self._last = None
        self._commanded = np.zeros_like(self._commanded)
        self._measured = np.zeros_like(self._measured)
        self._ticks = 0

    def get_state(self) -> dict[str, Any]:
        """Return the sums and the position they belong to."""
        return {
            "last": None if self._last is None else self._last.copy(),
            "stamp_s": self._stamp_s,
            "commanded": self._commanded.copy(),
            "measured": self._measured.copy(),
            "ticks": self._ticks,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        last = state["last"]
        self._last = None if last is None else np.array(last, dtype=np.float64)
        self._stamp_s = float(state["stamp_s"])
        self._commanded = np.array(state["commanded"], dtype=np.float64)
        self._measured = np.array(state["measured"], dtype=np.float64)
        self._ticks = int(state["ticks"])


def _hesitation(joint: JointSpec) -> float:
    allowed = joint.max_following_error or float("inf")
    return min(allowed, HESITATION_S * joint.max_velocity)
