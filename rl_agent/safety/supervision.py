"""All that may hold or stop an armed gate by itself: watchdogs, plausibility, monitors."""

from __future__ import annotations

from typing import Any, NamedTuple

from rl_agent.safety.measurement_intake import MeasurementIntake
from rl_agent.safety.monitor import Finding, View
from rl_agent.safety.monitors import make_monitors
from rl_agent.safety.proposal_intake import ProposalIntake
from rl_agent.safety.state_machine import Event
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Measurement, Reason

FRESH_WORDS = "measurements and proposals are fresh"


class Judgement(NamedTuple):
    """What a tick's look around came to."""

    event: Event
    reasons: Reason
    cause: str


class Supervision:
    """Looks around once per tick while the gate is armed or holds."""

    def __init__(
        self, spec: RobotSpec, measurements: MeasurementIntake, proposals: ProposalIntake
    ) -> None:
        """Watch what the two intakes take in."""
        self._measurements = measurements
        self._proposals = proposals
        self._monitors = make_monitors(spec)
        self._stamp_s = 0.0
        self.reasons = Reason.NONE
        """Why the gate holds."""

    def hear(self, signal: object) -> None:
        """Pass on what arrived besides measurements and proposals."""
        for monitor in self._monitors:
            monitor.hear(signal)

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return why the gate may not be armed; empty if nothing."""
        words = (monitor.obstacle(now_s, measurement) for monitor in self._monitors)
        return next((w for w in words if w), "")

    def restart(self) -> None:
        """Begin anew with arming."""
        for monitor in self._monitors:
            monitor.restart()

    def look(
        self, now_s: float, applied: tuple[Array, Array], *, has_proposal: bool, is_late: bool
    ) -> Judgement:
        """Return whether to go on, to hold or to stop, and why.

        Args:
            now_s: Steady clock [s].
            applied: Last applied position and velocity, each (num_commands,).
            has_proposal: Whether a fresh proposal can be followed.
            is_late: Whether this tick came late.
        """
        findings = self._find(now_s, applied, is_late=is_late)
        final = next((finding for finding in findings if finding.is_final), None)
        if final is not None:
            return Judgement(Event.TRIP, final.reason, final.words)
        late = self._late(now_s, has_proposal=has_proposal)
        doubts = Reason.NONE
        for finding in findings:
            doubts |= finding.reason
        silent = self._silent_words(now_s)
        if silent:
            return Judgement(Event.SILENT, Reason.SILENT | late | doubts, silent)
        self.reasons = late | doubts
        if findings:
            return Judgement(Event.DOUBT, self.reasons, f"holding: {findings[0].words}")
        if late:
            return Judgement(Event.LATE, late, f"holding: {self._late_words(late, now_s)}")
        return Judgement(Event.FRESH, Reason.NONE, FRESH_WORDS)

    def _find(self, now_s: float, applied: tuple[Array, Array], *, is_late: bool) -> list[Finding]:
        measurement = self._measurements.newest
        if measurement is None:
            return []
        is_new = measurement.stamp_s != self._stamp_s
        self._stamp_s = measurement.stamp_s
        view = View(now_s, measurement, is_new, *applied, is_late)
        findings = [finding for m in self._monitors if (finding := m.check(view)) is not None]
        doubt = self._measurements.doubt
        if doubt:
            findings.append(Finding(Reason.IMPLAUSIBLE, doubt))
        return findings

    def _late(self, now_s: float, *, has_proposal: bool) -> Reason:
        late = Reason.NONE if has_proposal else Reason.STALE_PROPOSAL
        if self._measurements.watchdog.is_stale(now_s):
            late |= Reason.STALE_OBSERVATION
        return late

    def _silent_words(self, now_s: float) -> str:
        watchdog = self._measurements.watchdog
        if watchdog.is_silent(now_s):
            age_ms = watchdog.age_s(now_s) * 1e3
            if self._measurements.doubt:
                return f"no plausible measurement for {age_ms:.0f} ms: {self._measurements.doubt}"
            return f"no measurement for {age_ms:.0f} ms: its source is dead"
        watchdog = self._proposals.watchdog
        if watchdog.is_silent(now_s):
            return f"no proposal for {watchdog.age_s(now_s) * 1e3:.0f} ms: its source is dead"
        return ""

    def _late_words(self, late: Reason, now_s: float) -> str:
        name, watchdog = "proposal", self._proposals.watchdog
        if late & Reason.STALE_OBSERVATION:
            name, watchdog = "measurement", self._measurements.watchdog
        if not watchdog.is_fed:
            return f"waiting for the first {name}"
        age_ms, limit_ms = watchdog.age_s(now_s) * 1e3, watchdog.timeout_s * 1e3
        return f"no new {name} for {age_ms:.0f} ms, at most {limit_ms:.0f} ms are waited"

    def get_state(self) -> dict[str, Any]:
        """Return everything that later judgements depend on."""
        return {
            "monitors": [monitor.get_state() for monitor in self._monitors],
            "stamp_s": self._stamp_s,
            "reasons": int(self.reasons),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        for monitor, values in zip(self._monitors, state["monitors"], strict=True):
            monitor.set_state(values)
        self._stamp_s = float(state["stamp_s"])
        self.reasons = Reason(state["reasons"])
