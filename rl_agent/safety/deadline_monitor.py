"""Missed deadlines: the gate itself does not get its time."""

from __future__ import annotations

from typing import Any

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.spec import RobotSpec
from rl_agent.types import Reason


class DeadlineMonitor(Monitor):
    """Fewer than max_missed_ticks ticks in a row are late."""

    def __init__(self, spec: RobotSpec) -> None:
        self._most = spec.safety.max_missed_ticks
        self._in_a_row = 0

    def check(self, view: View) -> Finding | None:
        """Count a late tick; one in time starts anew."""
        self._in_a_row = self._in_a_row + 1 if view.is_late else 0
        if self._in_a_row < self._most:
            return None
        words = f"{self._in_a_row} ticks in a row came late: this machine is too busy"
        return Finding(Reason.DEADLINE, words, is_final=True)

    def restart(self) -> None:
        """Begin with none."""
        self._in_a_row = 0

    def get_state(self) -> dict[str, Any]:
        """Return the count."""
        return {"in_a_row": self._in_a_row}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._in_a_row = int(state["in_a_row"])
