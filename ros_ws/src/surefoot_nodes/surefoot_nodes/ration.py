"""How many messages a control loop takes in: what no robot sends, a flood, it leaves to the queues.

A loop that handles whatever arrives has no time left in a flood, and Linux takes a real-time thread
that never rests off the processor for 50 ms in every second (kernel.sched_rt_runtime_us). The
subscriptions' short queues keep the newest messages and drop the rest, at no cost of ours.
"""

from __future__ import annotations

WINDOW_S = 0.005
MOST = 20
"""Per window: 4000 a second, several times what a robot, a policy and a pilot send together."""


class Ration:
    """Counts what was handled. Pure; times are injected."""

    def __init__(self, most: int = MOST, window_s: float = WINDOW_S) -> None:
        self._most, self._window_s = most, window_s
        self._begin_s = float("-inf")
        self._count = 0

    def note(self, now_s: float) -> None:
        """Count one message."""
        if now_s >= self._begin_s + self._window_s:
            self._begin_s, self._count = now_s, 0
        self._count += 1

    def rest_s(self, now_s: float) -> float:
        """Return for how long to leave messages where they are [s]; 0 for not at all."""
        if self._count < self._most:
            return 0.0
        return max(self._begin_s + self._window_s - now_s, 0.0)
