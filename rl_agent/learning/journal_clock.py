"""Robot time, as a journal tells it: how long its rows lasted."""

from __future__ import annotations

from collections.abc import Callable


class JournalClock:
    """A `Clock` that goes on with the rows that were taken in, and is the same in every run."""

    def __init__(self, num_rows: Callable[[], int], policy_hz: float) -> None:
        """Tell the time; `num_rows` says how many were taken in so far."""
        self._num_rows, self._policy_hz = num_rows, policy_hz

    def now(self) -> float:
        """Return the seconds that all rows so far lasted, one policy period each."""
        return self._num_rows() / self._policy_hz
