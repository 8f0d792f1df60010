"""Follows a journal in batches of a fixed size: a learner sees the same rows at once each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .journal import JournalOffset
from .journal_follower import JournalFollower
from .layout import TransitionLayout


class BatchedFollower(JournalFollower):
    """Hands rows over once a batch is whole; batches end at multiples of its size."""

    def __init__(
        self,
        directory: Path,
        layout: TransitionLayout,
        start: JournalOffset | None = None,
        *,
        size: int,
    ) -> None:
        """Look at nothing yet; `size` is in records, damaged ones among them."""
        super().__init__(directory, layout, start)
        self._size = size
        self._rows = [np.zeros(0, layout.row_dtype)]
        self._handed = super().offset

    @property
    def offset(self) -> JournalOffset:
        """The end of what has been handed over."""
        return self._handed

    def read(self, max_records: int | None = None) -> np.ndarray:
        """Return the next batch; no rows until it is whole."""
        del max_records
        end = self._size * (self._handed.num_records // self._size + 1)
        while (num_missing := end - super().offset.num_records) > 0:
            rows = super().read(num_missing)
            if not len(rows):
                return rows
            self._rows.append(rows)
        rows, self._rows = np.concatenate(self._rows), self._rows[:1]
        self._handed = super().offset
        return rows
