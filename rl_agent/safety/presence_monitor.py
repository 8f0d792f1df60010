"""Presence: somebody is there to press the e-stop."""

from __future__ import annotations

from typing import Any

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.signals import Heartbeat
from rl_agent.safety.watchdog import Watchdog
from rl_agent.types import Measurement, Reason


class PresenceMonitor(Monitor):
    """A heartbeat was heard within presence_ms."""

    def __init__(self, presence_ms: float) -> None:
        self._most_ms = presence_ms
        timeout_s = presence_ms / 1e3
        self._watchdog = Watchdog(timeout_s, timeout_s)

    def hear(self, signal: object) -> None:
        """Take a heartbeat in."""
        if isinstance(signal, Heartbeat):
            self._watchdog.feed(signal.received_s)

    def check(self, view: View) -> Finding | None:
        """Hold while nobody is there."""
        words = self._words(view.now_s)
        return Finding(Reason.ABSENT, words) if words else None

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return why the gate may not be armed."""
        del measurement
        return self._words(now_s)

    def _words(self, now_s: float) -> str:
        if not self._watchdog.is_stale(now_s):
            return ""
        return f"no operator was heard on presence within {self._most_ms:g} ms"

    def get_state(self) -> dict[str, Any]:
        """Return when the last heartbeat came."""
        return {"received_s": self._watchdog.received_s if self._watchdog.is_fed else None}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._watchdog.clear()
        if state["received_s"] is not None:
            self._watchdog.feed(float(state["received_s"]))
