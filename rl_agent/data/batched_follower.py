"""Follows a journal in batches of a fixed size: a learner sees the same rows at once each time."""

from __future__ import annotations

import numpy as np

from .journal import JournalOffset
from .journal_follower import JournalFollower


class BatchedFollower:
    """Hands rows over once a batch is whole; batches end at multiples of its size."""

    def __init__(self, follower: JournalFollower, *, size: int) -> None:
        """Look at nothing yet.

        Args:
            follower: Where it stands, the first batch begins; nobody else reads with it.
            size: In records, damaged ones among them.
        """
        self._follower, self._size = follower, size
        self._rows = [np.zeros(0, follower.layout.row_dtype)]
        self._handed = follower.offset

    @property
    def num_damaged(self) -> int:
        """Records passed by whose checksum does not hold, in a batch that still waits as well."""
        return self._follower.num_damaged

    @property
    def offset(self) -> JournalOffset:
        """The end of what has been handed over."""
        return self._handed

    def read(self) -> np.ndarray:
        """Return the next batch (N,) of `TransitionLayout.row_dtype`; no rows until it is whole.

        Raises:
            JournalError: The journal is of another kind, or was cut short before our place.
        """
        end = self._size * (self._handed.num_records // self._size + 1)
        while (num_missing := end - self._follower.offset.num_records) > 0:
            rows = self._follower.read(num_missing)
            if not len(rows):
                return rows
            self._rows.append(rows)
        rows, self._rows = np.concatenate(self._rows), self._rows[:1]
        self._handed = self._follower.offset
        return rows

    def sync(self) -> None:
        """Force onto the disk what was read."""
        self._follower.sync()
