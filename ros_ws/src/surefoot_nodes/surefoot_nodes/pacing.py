"""When the gate ticks: at its own rate, in phase with the proposals. Pure; times are injected.

The gate's arithmetic takes every tick for one period T, so real intervals must stay near T. A
proposal should not wait for the next tick either. So ticks are laid out such that one falls due
just after each expected proposal, and the proposal's arrival triggers it. Nothing is ever made up
for: a tick that came late leaves the robot late, never fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rl_agent.spec import RobotSpec

SHORTEST = 0.75
"""No interval is shorter than this many periods."""
LONGEST = 1.3
"""No interval is longer than this many periods by design (a busy machine may still make it so)."""
MARGIN = 0.2
"""The tick meant for a proposal falls due this many periods after the proposal is expected."""
MAX_LEAD = 0.5
"""Ticks may run ahead of their mean rate by at most this many periods."""
LEAK_PER_S = 0.1
"""Share of the lead that is forgotten per second: lets clocks differ by a few 100 ppm."""
GAIN = 0.3
"""How far one arrival moves the expectation of the next ones."""
WHOLE = 0.02
"""A policy period within this share of a whole number of gate periods can be kept in phase."""
JUST_AFTER_S = 1e-4
"""A tick that should find a watchdog expired comes this long after it [s]."""


@dataclass(frozen=True, kw_only=True)
class PacerRates:
    """What the pacer must know of the robot."""

    period_s: float
    """T, the gate's period."""
    policy_period_s: float
    watchdog_s: float
    """W, the age at which a proposal is stale."""

    @classmethod
    def of(cls, spec: RobotSpec) -> PacerRates:
        """Return those of a robot."""
        return cls(
            period_s=spec.gate_period_s,
            policy_period_s=spec.policy_period_s,
            watchdog_s=spec.proposal_timeout_s,
        )


class GatePacer(Protocol):
    """Says when the gate ticks."""

    deadline_s: float
    """When the next tick is due [s]."""

    def on_arrival(self, now_s: float) -> bool:
        """Note that a proposal was accepted; True means: tick now."""
        ...

    def on_tick(self, now_s: float) -> None:
        """Note that the gate ticked."""
        ...


class EveryRound:
    """In lock-step a tick is due whenever a round's measurement and proposal are in."""

    def __init__(self) -> None:
        self.deadline_s = float("-inf")

    def on_arrival(self, now_s: float) -> bool:
        """Leave the tick to the round's end."""
        del now_s
        return False

    def on_tick(self, now_s: float) -> None:
        """Nothing to keep: rounds are a gate period apart."""


class TickPacer:
    """Says when the next tick is due; told of every accepted proposal and of every tick."""

    def __init__(self, rates: PacerRates, now_s: float) -> None:
        self._rates = rates
        ratio = rates.policy_period_s / rates.period_s
        self._can_lock = abs(ratio - round(ratio)) <= WHOLE * ratio
        self._last_tick_s = now_s
        self._lead_s = 0.0
        self._expected_s: float | None = None
        self._last_arrival_s: float | None = None
        self.deadline_s = now_s + rates.period_s
        """When the next tick is due, whether or not a proposal comes [s]."""

    def on_arrival(self, now_s: float) -> bool:
        """Note that a proposal was accepted; True means: tick now."""
        self._expect(now_s)
        self._last_arrival_s = now_s
        self.deadline_s = self._next_deadline()
        return now_s >= self._last_tick_s + self._shortest_s()

    def on_tick(self, now_s: float) -> None:
        """Note that the gate ticked."""
        period_s = self._rates.period_s
        interval_s = now_s - self._last_tick_s
        most_s = MAX_LEAD * period_s
        lead_s = self._lead_s * max(0.0, 1.0 - LEAK_PER_S * interval_s) + period_s - interval_s
        self._lead_s = min(max(lead_s, -most_s), most_s)
        self._last_tick_s = now_s
        if self._is_stale(now_s):
            self._expected_s = None
        self.deadline_s = self._next_deadline()

    def _expect(self, now_s: float) -> None:
        period_s = self._rates.policy_period_s
        expected_s = self._expected_s
        if expected_s is None or not self._can_lock:
            self._expected_s = now_s + period_s
            return
        # Proposals that did not come are skipped.
        expected_s += round((now_s - expected_s) / period_s) * period_s
        self._expected_s = expected_s + GAIN * (now_s - expected_s) + period_s

    def _is_stale(self, now_s: float) -> bool:
        arrived_s = self._last_arrival_s
        return arrived_s is None or now_s - arrived_s > self._rates.watchdog_s

    def _shortest_s(self) -> float:
        period_s = self._rates.period_s
        return max(SHORTEST * period_s, period_s - (MAX_LEAD * period_s - self._lead_s))

    def _next_deadline(self) -> float:
        shortest_s, longest_s = self._shortest_s(), LONGEST * self._rates.period_s
        interval_s = min(max(self._wanted_interval_s(), shortest_s), longest_s)
        expiry_s = self._until_expiry_s()
        # The tick that brakes should come right after W, not up to a period later.
        if shortest_s <= expiry_s <= longest_s:
            interval_s = expiry_s
        return self._last_tick_s + interval_s

    def _wanted_interval_s(self) -> float:
        period_s = self._rates.period_s
        if self._expected_s is None or not self._can_lock:
            return period_s
        ahead_s = self._expected_s - self._last_tick_s
        if ahead_s <= 0.0:
            # It is overdue: from now on the ticks lead up to the one that may have to brake.
            ahead_s = self._until_expiry_s()
            return ahead_s / max(1, round(ahead_s / period_s))
        # One that comes right after this tick has to wait anyway.
        if ahead_s < 0.5 * period_s:
            ahead_s += self._rates.policy_period_s
        num_ticks = max(1, round(ahead_s / period_s))
        if num_ticks == 1:
            return ahead_s + MARGIN * period_s
        return ahead_s / num_ticks

    def _until_expiry_s(self) -> float:
        if self._last_arrival_s is None:
            return float("inf")
        return self._last_arrival_s + self._rates.watchdog_s + JUST_AFTER_S - self._last_tick_s
