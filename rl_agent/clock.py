"""Injected time. Watchdogs read a steady clock [s]; no control loop reads wall time."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock."""

    def now(self) -> float:
        """Return seconds since an arbitrary start; never goes back."""
        ...


class SteadyClock:
    """CLOCK_MONOTONIC, unaffected by changes of wall time."""

    def now(self) -> float:
        """Return seconds of CLOCK_MONOTONIC."""
        return time.monotonic()


class ProcessClock:
    """CPU time of this process, all its threads: what work costs, however busy the machine is."""

    def now(self) -> float:
        """Return seconds of CLOCK_PROCESS_CPUTIME_ID."""
        return time.process_time()


class ManualClock:
    """A clock that stands still until moved: for twins, which own their time, and for tests."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now(self) -> float:
        """Return the time last set."""
        return self._now_s

    def advance(self, duration_s: float) -> None:
        """Move forward by `duration_s` (s, not negative)."""
        if duration_s < 0.0:
            raise ValueError(f"a steady clock never goes back, got {duration_s} s")
        self._now_s += duration_s

    def set(self, now_s: float) -> None:
        """Move to `now_s`, for example when a twin's saved state is restored."""
        self._now_s = now_s
