"""On which readings the policy acts. Pure; times are injected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rl_agent.spec import RobotSpec
from rl_agent.types import Measurement

LATE_STATES = 1.5
"""The timer steps in when a due reading is this many state periods late."""


class Cadence:
    """Which measurements the policy acts on, so that it acts at its rate. Times are stamps [s].

    Stamps, not arrivals: they do not jitter, and the grid of due times never drifts against them.
    """

    def __init__(self, policy_period_s: float, state_period_s: float) -> None:
        self._period_s = policy_period_s
        # A measurement up to half a state period early is nearer to the due time than the next.
        self._tolerance_s = min(0.5 * state_period_s, 0.25 * policy_period_s)
        self._due_s: float | None = None

    def is_due(self, stamp_s: float) -> bool:
        """Tell whether to act on the measurement with this stamp; if so, the next is due later."""
        period_s, due_s = self._period_s, self._due_s
        # Over a period late, or the driver counts anew: begin again; never act twice in a row.
        if due_s is None or not -2.0 * period_s < stamp_s - due_s < period_s:
            self._due_s = stamp_s + period_s
            return True
        if stamp_s < due_s - self._tolerance_s:
            return False
        self._due_s = due_s + period_s
        return True

    def skip_to(self, stamp_s: float) -> None:
        """Note that the policy acted on this measurement without being asked to."""
        self._due_s = stamp_s + self._period_s


@dataclass(frozen=True, kw_only=True)
class TriggerTimes:
    """What the trigger must know of the robot."""

    policy_period_s: float
    state_period_s: float
    max_age_s: float
    """A reading that is older is not acted on."""

    @classmethod
    def of(cls, spec: RobotSpec) -> TriggerTimes:
        """Return those of a robot."""
        return cls(
            policy_period_s=spec.policy_period_s,
            state_period_s=1.0 / spec.state_hz,
            max_age_s=spec.observation_timeout_s,
        )


class Trigger:
    """Acts on the arrival of a due reading; the timer is the fallback.

    Where a due reading is late, the newest one that was not used yet serves instead, if it is
    fresh. No reading is used twice: the gate would refuse what is computed from it.
    """

    def __init__(self, times: TriggerTimes) -> None:
        self._times = times
        self._cadence = Cadence(times.policy_period_s, times.state_period_s)
        self._newest: Measurement | None = None
        self._used_stamp_s = -math.inf
        self.deadline_s = math.inf
        """When to ask `on_timer`, steady clock [s]."""

    def on_reading(self, reading: Measurement, now_s: float) -> Measurement | None:
        """Return the reading to act on now, if any."""
        self._newest = reading
        return self._use(reading, now_s) if self._cadence.is_due(reading.stamp_s) else None

    def on_timer(self, now_s: float) -> Measurement | None:
        """Return the reading to act on although none that is due came, if any."""
        reading = self._newest
        if now_s < self.deadline_s or reading is None:
            return None
        self.deadline_s = now_s + self._times.state_period_s
        is_new = reading.stamp_s > self._used_stamp_s
        if not is_new or now_s - reading.received_s > self._times.max_age_s:
            return None
        self._cadence.skip_to(reading.stamp_s)
        return self._use(reading, now_s)

    def _use(self, reading: Measurement, now_s: float) -> Measurement:
        times = self._times
        self._used_stamp_s = reading.stamp_s
        self.deadline_s = now_s + times.policy_period_s + LATE_STATES * times.state_period_s
        return reading
