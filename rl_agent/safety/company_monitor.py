"""Company: somebody else publishes where only one may."""

from __future__ import annotations

from typing import Any

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.signals import Company
from rl_agent.types import Measurement, Reason


class CompanyMonitor(Monitor):
    """Nobody was reported. A second voice among the proposals holds, one past the gate stops."""

    def __init__(self) -> None:
        self._company = Company("")

    def hear(self, signal: object) -> None:
        """Take note of who was found, or that nobody is left."""
        if isinstance(signal, Company):
            self._company = signal

    def check(self, view: View) -> Finding | None:
        """Object to company."""
        del view
        words, is_final = self._company.words, self._company.is_final
        return Finding(Reason.SECOND_PUBLISHER, words, is_final) if words else None

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return who is there."""
        del now_s, measurement
        return self._company.words

    def get_state(self) -> dict[str, Any]:
        """Return who is there."""
        return {"words": self._company.words, "is_final": self._company.is_final}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._company = Company(str(state["words"]), bool(state["is_final"]))
