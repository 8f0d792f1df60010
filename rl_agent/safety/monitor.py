"""What a monitor is: it sees what the gate sees in a tick, and says what must not go on.

A finding that is not final holds the robot and clears itself; a final one stops it and latches.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

from rl_agent.types import Array, Measurement, Reason


class Finding(NamedTuple):
    """What a monitor objects to."""

    reason: Reason
    words: str
    """For people: `shoulder_pan is 0.310 from its command, more than the 0.2 allowed`."""
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """One tick, as monitors see it."""

    now_s: float
    """Steady clock [s]."""
    measurement: Measurement
    """The newest that was taken in."""
    is_new: bool
    """Whether it came since the last tick."""
    position: Array
    """(num_commands,) last applied [rad or m]."""
    velocity: Array
    """(num_commands,) last applied [rad/s or m/s]."""
    is_late: bool = False
    """Whether this tick came late."""


class Monitor(ABC):
    """Watches one thing while the gate is armed or holds."""

    @abstractmethod
    def check(self, view: View) -> Finding | None:
        """Return what must not go on, or None; called once per tick."""

    def hear(self, signal: object) -> None:
        """Take in what arrived besides measurements and proposals; see signals.py."""
        del signal

    def obstacle(self, now_s: float, measurement: Measurement) -> str:
        """Return why the gate may not be armed at `now_s` [s]; empty if nothing."""
        del now_s, measurement
        return ""

    def restart(self) -> None:
        """Forget what was seen before arming."""
        return

    def get_state(self) -> dict[str, Any]:
        """Return everything that later findings depend on."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        del state
