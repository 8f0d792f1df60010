"""Whether ticks come at the rate for which the limits were computed.

Limits hold by tick sequence: a gate that is ticked twice as often moves the robot twice as fast,
and one that was not ticked for a while has left the robot to its controller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rl_agent.safety.watchdog import ROUNDING_S

# Ticks may come this much faster than the gate's rate in the long run ...
MAX_EXCESS = 1.1
# ... and this many may come at once, as when a proposal arrives just after a periodic tick.
BURST = 2.0
# A tick is late from this many periods on.
LATE_PERIODS = 1.5
# After this many periods without a tick the robot has been stopping by itself.
STALL_PERIODS = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """How a tick came."""

    is_early: bool = False
    """It comes on top of the rate: time has not moved on enough for another command."""
    is_late: bool = False
    num_missed: int = 0
    """Ticks that should have come before, counted only when the gate was stalled."""


_IN_TIME = Pace()


class Pacer:
    """Compares ticks with the clock."""

    def __init__(self, dt: float) -> None:
        """Expect a tick every `dt` [s]."""
        self._dt = dt
        self._last_s: float | None = None
        self._credit = BURST

    def note(self, now_s: float) -> Pace:
        """Note a tick at `now_s`, steady clock [s]."""
        last_s = now_s - self._dt if self._last_s is None else self._last_s
        periods = (now_s - last_s + ROUNDING_S) / self._dt
        credit = min(BURST, self._credit + MAX_EXCESS * periods)
        self._last_s = now_s
        self._credit = credit - 1.0 if credit >= 1.0 else credit
        if credit < 1.0:
            return Pace(is_early=True)
        if periods < LATE_PERIODS:
            return _IN_TIME
        return Pace(is_late=True, num_missed=int(periods) - 1 if periods >= STALL_PERIODS else 0)

    def get_state(self) -> dict[str, Any]:
        """Return what the next judgement depends on."""
        return {"last_s": self._last_s, "credit": self._credit}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._last_s = state["last_s"]
        self._credit = float(state["credit"])
