"""What the gate counts, so that nobody has to guess why a robot hesitates."""

from __future__ import annotations

from typing import Any

from rl_agent.safety.leaning import LIMITS, OWN_WISHES, WINDOW_S, LeaningWindow
from rl_agent.types import Reason, SafetyState


class Tally:
    """Counters since configuration, and how much the last seconds leaned on the limits."""

    def __init__(self, gate_hz: float = 100.0) -> None:
        self._leaning = LeaningWindow(max(round(WINDOW_S * gate_hz), 1))
        self.events: dict[str, int] = {}
        self._reason_ticks: dict[int, int] = {}
        self._shares: dict[int, float] = {}
        self._armed_ticks = 0
        self._limited_ticks = 0

    def count(self, event: str) -> None:
        """Count one occurrence of a named event."""
        self.events[event] = self.events.get(event, 0) + 1

    def add_tick(self, state: SafetyState, reasons: int, shares: dict[Reason, float]) -> None:
        """Count one tick with its reasons (bit mask) and shares."""
        limits, change = reasons & LIMITS, 0.0
        for reason, share in shares.items():
            bit = reason.value
            self._shares[bit] = self._shares.get(bit, 0.0) + share
            if not bit & OWN_WISHES:
                # Whoever owns a share of the change is a limit, even one that came later.
                limits |= bit
                change += share
        if state is SafetyState.ARMED:
            self._armed_ticks += 1
            self._limited_ticks += bool(limits or reasons & OWN_WISHES)
            self._leaning.add(limits, change)
        if reasons:
            self._reason_ticks[reasons] = self._reason_ticks.get(reasons, 0) + 1

    def report(self) -> dict[str, float | int | str]:
        """Return all counts: `ticks_NAME` and `share_NAME` per reason, and `limited_fraction`.

        `leaning_fraction` is of the last ten seconds of armed ticks, without the start ramp; where
        it is too much, `leaning_reason` names the most frequent limit, and `leaning_change` the
        mean change at its ticks [rad/s or m/s, summed over joints].
        """
        report: dict[str, float | int | str] = dict(self.events)
        for reason in Reason:
            ticks = sum(count for mask, count in self._reason_ticks.items() if mask & reason)
            name = str(reason.name).lower()
            if ticks:
                report[f"ticks_{name}"] = ticks
            if reason.value in self._shares:
                report[f"share_{name}"] = self._shares[reason.value]
        report["armed_ticks"] = self._armed_ticks
        report["limited_fraction"] = self._limited_ticks / max(self._armed_ticks, 1)
        report["leaning_fraction"] = self._leaning.fraction
        dominant = self._leaning.dominant() if self._leaning.is_leaning else None
        if dominant is not None:
            report["leaning_reason"] = str(dominant.reason.name)
            report["leaning_change"] = dominant.change
        return report

    def get_state(self) -> dict[str, Any]:
        """Return all counters."""
        return {
            "events": dict(self.events),
            "reason_ticks": [list(item) for item in self._reason_ticks.items()],
            "shares": [list(item) for item in self._shares.items()],
            "armed_ticks": self._armed_ticks,
            "limited_ticks": self._limited_ticks,
            "leaning": self._leaning.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self.events = {str(name): int(count) for name, count in state["events"].items()}
        self._reason_ticks = {int(mask): int(count) for mask, count in state["reason_ticks"]}
        self._shares = {int(bit): float(share) for bit, share in state["shares"]}
        self._armed_ticks = int(state["armed_ticks"])
        self._limited_ticks = int(state["limited_ticks"])
        if "leaning" in state:  # checkpoints from before have none
            self._leaning.set_state(state["leaning"])
