"""Health: temperature, current and battery voltage as the driver reports them."""

from __future__ import annotations

import math
from typing import Any

from rl_agent.safety.monitor import Finding, Monitor, View
from rl_agent.safety.signals import HealthReading
from rl_agent.spec import HealthSpec
from rl_agent.types import Measurement, Reason

SILENCE_S = 5.0
"""Health changes slowly and is reported rarely."""
MAX_NAMES = 64
"""No robot has more motors; names that come beyond are a mistake or an attack."""
UNITS = {"temperature": "C", "current": "A", "battery": "V"}


class HealthMonitor(Monitor):
    """No reading is beyond its bound, and each watched quantity keeps being reported."""

    def __init__(self, health: HealthSpec) -> None:
        bounds = {
            "temperature": health.max_temperature_c,
            "current": health.max_current_a,
            "battery": health.min_battery_v,
        }
        self._bounds = {name: bound for name, bound in bounds.items() if bound is not None}
        self._received_s: dict[str, float] = {}
        self._bad: dict[str, str] = {}
        """Whose newest reading is beyond its bound, and what to say of it."""

    def hear(self, signal: object) -> None:
        """Take a reading in; one that is no number does not count as heard."""
        if not isinstance(signal, HealthReading) or not math.isfinite(signal.value):
            return
        bound = self._bounds.get(signal.quantity)
        if bound is None:
            return
        key = f"{signal.quantity} of {signal.name or 'the robot'}"
        self._received_s[signal.quantity] = signal.received_s
        is_low_bad = signal.quantity == "battery"
        is_bad = signal.value < bound if is_low_bad else signal.value > bound
        if not is_bad:
            self._bad.pop(key, None)
        elif key in self._bad or len(self._bad) < MAX_NAMES:
            unit, compared = UNITS[signal.quantity], "less" if is_low_bad else "more"
            limit = f"{compared} than the {bound:g} {unit} allowed"
            self._bad[key] = f"{key} is {signal.value:.3g} {unit}, {limit}"

    def check(self, view: View) -> Finding | None:
        """Name what is beyond its bound, or not reported any more."""
        if self._bad:
            return Finding(Reason.HEALTH, next(iter(self._bad.values())), is_final=True)
        missing = self._missing(view.now_s)
        return Finding(Reason.HEALTH, missing) if missing else None

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return why the gate may not be armed."""
        del measurement
        return next(iter(self._bad.values()), "") or self._missing(now_s)

    def _missing(self, now_s: float) -> str:
        for quantity in self._bounds:
            if now_s - self._received_s.get(quantity, -math.inf) > SILENCE_S:
                return f"no {quantity} was reported for {SILENCE_S:g} s, and the profile watches it"
        return ""

    def get_state(self) -> dict[str, Any]:
        """Return what was heard."""
        return {"received_s": dict(self._received_s), "bad": dict(self._bad)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._received_s = {str(k): float(v) for k, v in state["received_s"].items()}
        self._bad = {str(k): str(v) for k, v in state["bad"].items()}
