"""Absolute deadlines at a fixed rate."""

from __future__ import annotations


class Grid:
    """Absolute deadlines at a fixed rate; after a long stall the missed ones are dropped."""

    def __init__(self, period_s: float, now_s: float, max_lag_s: float = 0.1) -> None:
        self._period_s = period_s
        self._max_lag_s = max_lag_s
        self._start_s = now_s
        self._count = 0
        self.dropped_s = 0.0
        """Time that was given up in stalls [s]."""

    @property
    def deadline_s(self) -> float:
        """When the next step is due [s]."""
        return self._start_s + (self._count + 1) * self._period_s

    def advance(self, now_s: float) -> None:
        """Note that the step that was due is done."""
        self._count += 1
        lag_s = now_s - self.deadline_s
        if lag_s > self._max_lag_s:
            self._start_s += lag_s
            self.dropped_s += lag_s
