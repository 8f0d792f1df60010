"""Counts events and says how many there were per second since the last question."""

from __future__ import annotations


class Rates:
    """Named counters; cheap enough for a control loop."""

    def __init__(self, now_s: float) -> None:
        self._counts: dict[str, int] = {}
        self._since_s = now_s

    def count(self, name: str) -> None:
        """Count one event."""
        counts = self._counts
        counts[name] = counts.get(name, 0) + 1

    def report(self, now_s: float) -> dict[str, float]:
        """Return `NAME_hz` per counter, and begin anew."""
        elapsed_s = max(now_s - self._since_s, 1e-9)
        # Another thread may count meanwhile.
        counts, self._counts = self._counts, dict.fromkeys(self._counts.copy(), 0)
        self._since_s = now_s
        return {f"{name}_hz": count / elapsed_s for name, count in counts.copy().items()}
