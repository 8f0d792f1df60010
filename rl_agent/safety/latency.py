"""How much later than usual readings arrive, by comparing their stamps with their receipt."""

from __future__ import annotations

import math
from typing import Any

# Clocks drift apart by less than this share, or are slewed by NTP (500 ppm at most).
CREEP = 1e-3
# While nothing moves a new relation of the clocks is believed soon.
CREEP_AT_REST = 0.1


class Latency:
    """Remembers the shortest way that a reading ever took, in unknown but constant clocks."""

    def __init__(self) -> None:
        self._best_s = math.inf
        self._last_s = 0.0

    def delay_s(self, stamp_s: float, received_s: float, *, is_at_rest: bool) -> float:
        """Return by how much a reading was slower than the fastest one so far [s]."""
        creep = CREEP_AT_REST if is_at_rest else CREEP
        elapsed_s = max(received_s - self._last_s, 0.0)
        self._last_s = received_s
        way_s = received_s - stamp_s
        self._best_s = min(way_s, self._best_s + creep * elapsed_s)
        return way_s - self._best_s

    def clear(self) -> None:
        """Forget the clocks' relation, because the source counts anew."""
        self._best_s = math.inf

    def get_state(self) -> list[float | None]:
        """Return what the next delay depends on."""
        return [None if math.isinf(self._best_s) else self._best_s, self._last_s]

    def set_state(self, state: list[Any]) -> None:
        """Continue where `get_state` was called."""
        best_s, last_s = state
        self._best_s = math.inf if best_s is None else float(best_s)
        self._last_s = float(last_s)
