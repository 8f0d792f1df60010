"""Contact: a joint needs more effort than free motion ever does."""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.watchdog import ROUNDING_S
from rl_agent.spec import RobotSpec
from rl_agent.types import Measurement, Reason

PATIENCE_S = 0.02
"""Shorter peaks are noise of the current sensor."""
NO_EFFORT = "joint_states has no efforts, and safety.max_contact needs them"


class ContactMonitor(Monitor):
    """|effort| <= max_contact * max_effort while moving, but for less than PATIENCE_S."""

    def __init__(self, spec: RobotSpec, max_contact: float) -> None:
        self._index = np.array(spec.command_index)
        self._names = spec.command_names
        self._most = max_contact * np.array([joint.max_effort for joint in spec.command_joints])
        self._since_s: float | None = None

    def check(self, view: View) -> Finding | None:
        """Compare the newest efforts."""
        if view.measurement.effort is None:
            return Finding(Reason.CONTACT, NO_EFFORT)
        effort = np.abs(view.measurement.effort[self._index])
        if not ((effort > self._most).any() and view.velocity.any()):
            self._since_s = None
            return None
        if self._since_s is None:
            self._since_s = view.now_s
        if view.now_s - self._since_s <= PATIENCE_S + ROUNDING_S:
            return None
        worst = int(np.argmax(effort - self._most))
        words = (
            f"{self._names[worst]} needs an effort of {effort[worst]:.3g}, more than "
            f"{self._most[worst]:.3g}: it touches something"
        )
        return Finding(Reason.CONTACT, words, is_final=True)

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return why the gate may not be armed."""
        del now_s
        return NO_EFFORT if measurement.effort is None else ""

    def restart(self) -> None:
        """Begin without a contact."""
        self._since_s = None

    def get_state(self) -> dict[str, Any]:
        """Return since when there has been a contact."""
        return {"since_s": self._since_s}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._since_s = state["since_s"]
