"""Ages on the steady clock, counted from the time something was received, never from its stamp."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

# Ages are differences of clock readings: a limit that is met exactly must not trip on rounding [s].
ROUNDING_S = 1e-9
# A flood of measurements may not grow the memory without bound.
MAX_ENTRIES = 4096


class Watchdog:
    """Tells how long ago something was last received."""

    def __init__(self, timeout_s: float, silence_s: float) -> None:
        """Set the age that counts as stale and the one that counts as dead [s]."""
        self.timeout_s = timeout_s
        self.silence_s = max(silence_s, timeout_s)
        self.received_s = -math.inf

    def feed(self, received_s: float) -> None:
        """Note that something arrived at `received_s`, steady clock [s]."""
        self.received_s = max(self.received_s, received_s)

    def clear(self) -> None:
        """Forget that anything ever arrived."""
        self.received_s = -math.inf

    @property
    def is_fed(self) -> bool:
        """Whether anything has arrived since the start or the last `clear`."""
        return self.received_s > -math.inf

    def age_s(self, now_s: float) -> float:
        """Return seconds since the last arrival; infinite without one."""
        return now_s - self.received_s

    def is_stale(self, now_s: float) -> bool:
        """Tell whether the last arrival is older than `timeout_s`."""
        return now_s - self.received_s > self.timeout_s + ROUNDING_S

    def is_silent(self, now_s: float) -> bool:
        """Tell whether something arrived once, but nothing within `silence_s`."""
        return self.is_fed and now_s - self.received_s > self.silence_s + ROUNDING_S


class StampLog:
    """When each recent measurement was received: gives the age of whatever was computed from it."""

    def __init__(self, memory_s: float) -> None:
        """Remember measurements for `memory_s` [s]."""
        self._memory_s = memory_s
        self._entries: deque[tuple[float, float]] = deque(maxlen=MAX_ENTRIES)

    @property
    def newest_stamp_s(self) -> float:
        """Stamp of the last measurement [s]; -inf without one."""
        return self._entries[-1][0] if self._entries else -math.inf

    def add(self, stamp_s: float, received_s: float) -> None:
        """Note that the measurement with `stamp_s` arrived at `received_s` (both s)."""
        entries = self._entries
        entries.append((stamp_s, received_s))
        while received_s - entries[0][1] > self._memory_s:
            entries.popleft()

    def clear(self) -> None:
        """Forget all stamps, because the source counts anew."""
        self._entries.clear()

    def received_s(self, stamp_s: float) -> float:
        """Return when the measurement with this stamp, or the last before, arrived; else -inf."""
        for known_s, received_s in reversed(self._entries):
            if known_s <= stamp_s:
                return received_s
        return -math.inf

    def get_state(self) -> list[list[float]]:
        """Return the entries, oldest first."""
        return [list(entry) for entry in self._entries]

    def set_state(self, state: list[list[Any]]) -> None:
        """Continue where `get_state` was called."""
        self._entries = deque(((float(a), float(b)) for a, b in state), maxlen=MAX_ENTRIES)
