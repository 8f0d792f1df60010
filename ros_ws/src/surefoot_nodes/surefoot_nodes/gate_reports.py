"""What the gate says of itself: safety_state as JSON, diagnostics as key and value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import String

from rl_agent.reporting.wording import leaning_sentence
from rl_agent.types import Reason, SafetyState

SCHEMA_VERSION = 1
LEVELS = {
    SafetyState.UNARMED: DiagnosticStatus.OK,
    SafetyState.ARMED: DiagnosticStatus.OK,
    SafetyState.HOLD: DiagnosticStatus.WARN,
    SafetyState.STOPPED: DiagnosticStatus.ERROR,
}
MAX_STATE_BYTES = 10_000


class GateReport(NamedTuple):
    """The gate's state as others see it."""

    state: SafetyState
    cause: str
    """Why it is in this state, in plain words."""
    reasons: tuple[str, ...]
    """Names of the latched reasons."""
    speed_scale: float = 1.0
    """Share of the velocity limits that an operator allows."""
    mode: str = "run"
    """What the driver is to do: run, or a stop mode."""

    @property
    def is_armed(self) -> bool:
        """Whether proposals may move the robot, now or as soon as data are fresh."""
        return self.state in (SafetyState.ARMED, SafetyState.HOLD)

    @property
    def follows(self) -> bool:
        """Whether proposals move the robot just now."""
        return self.state is SafetyState.ARMED

    @property
    def is_alarm(self) -> bool:
        """Whether something went wrong; an operator's disarming is none."""
        return self.state is SafetyState.STOPPED and self.reasons != (Reason.OPERATOR.name,)


def report_of(diagnostics: Mapping[str, float | int | str]) -> GateReport:
    """Return the report from the gate's diagnostics."""
    latched = Reason(int(diagnostics["reasons_latched"]))
    names = tuple(str(reason.name) for reason in Reason if reason and reason & latched)
    return GateReport(
        SafetyState(diagnostics["state"]),
        str(diagnostics["cause"]),
        names,
        float(diagnostics.get("speed_scale", 1.0)),
        str(diagnostics.get("mode", "run")),
    )


def write_state(report: GateReport) -> String:
    """Return the message of safety_state."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "state": report.state.value,
        "armed": report.is_armed,
        "cause": report.cause,
        "reasons": list(report.reasons),
        "speed_scale": report.speed_scale,
        "mode": report.mode,
    }
    return String(data=json.dumps(content))


def read_state(message: String) -> GateReport | None:
    """Return the report in a message of safety_state; None if it is none."""
    if len(message.data) > MAX_STATE_BYTES:
        return None
    try:
        content = json.loads(message.data)
        reasons = tuple(str(name) for name in content["reasons"])
        return GateReport(
            SafetyState(content["state"]),
            str(content["cause"]),
            reasons,
            float(content.get("speed_scale", 1.0)),
            str(content.get("mode", "run")),
        )
    # RecursionError: ten thousand brackets fit into a message.
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def write_diagnostics(name: str, diagnostics: Mapping[str, float | int | str]) -> DiagnosticArray:
    """Return the message of diagnostics, its stamp left at 0.

    Leaning on the limiter is at least a warning.
    """
    state = SafetyState(diagnostics["state"])
    warning = leaning_sentence(diagnostics)
    level = max(LEVELS[state], DiagnosticStatus.WARN) if warning else LEVELS[state]
    status = DiagnosticStatus(level=level, name=name, hardware_id="surefoot")
    status.message = f"{state}: {diagnostics['cause']}" + (f"; {warning}" if warning else "")
    status.values = [KeyValue(key=str(k), value=value_text(v)) for k, v in diagnostics.items()]
    return DiagnosticArray(status=[status])


def rate_words(rates: Mapping[str, float]) -> list[str]:
    """Return rates [Hz] by their names in the gate's diagnostics as people read them."""
    return [
        f"{key.removesuffix('_hz').removeprefix('proposals_')} {hz:.0f} Hz"
        for key, hz in rates.items()
    ]


def value_text(value: float | int | str) -> str:
    """Return a value of diagnostics as the message holds it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
