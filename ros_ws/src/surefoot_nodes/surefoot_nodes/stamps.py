"""Message stamps as float seconds and back, to the nanosecond.

A double holds seconds since 1970 to 0.2 us only. Seconds since a process's first stamp are exact
for weeks, and what comes back equals what came in: messages are joined on their stamps.
"""

from __future__ import annotations

from typing import Any

NS_PER_S = 1_000_000_000


class StampScale:
    """Counts seconds from the first stamp it meets."""

    def __init__(self) -> None:
        self._epoch_ns: int | None = None

    def to_seconds(self, stamp: Any) -> float:
        """Return seconds of a builtin_interfaces Time."""
        nanoseconds = int(stamp.sec) * NS_PER_S + int(stamp.nanosec)
        if self._epoch_ns is None:
            self._epoch_ns = nanoseconds
        return (nanoseconds - self._epoch_ns) / NS_PER_S

    def write(self, stamp_s: float, stamp: Any) -> None:
        """Set a builtin_interfaces Time to `stamp_s`; times before 1970 become 0."""
        nanoseconds = max((self._epoch_ns or 0) + round(stamp_s * NS_PER_S), 0)
        stamp.sec, stamp.nanosec = divmod(nanoseconds, NS_PER_S)
