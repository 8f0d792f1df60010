"""Where a training's time goes: a few named sums of wall time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @property
    def shares(self) -> dict[str, float]:
        """Parts of all time measured so far, by name, each 0 to 1."""
        total_s = sum(self.seconds.values())
        return {name: value / total_s for name, value in self.seconds.items() if total_s > 0.0}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time within the context to `name`."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start_s
