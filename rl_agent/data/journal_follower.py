"""Follows a journal that another process writes: each record once, in order, once it is whole.

What is not whole at the end is still being written, and looked at again the next time. Torch-free.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from pathlib import Path

import numpy as np

from rl_agent.exceptions import JournalError

from .disk import fsync_directory, fsync_file
from .journal import JournalOffset
from .journal_segment import Header, RecordScan, record_dtype, scan_records, segment_path
from .layout import TransitionLayout


class JournalFollower:
    """Reads on from an offset, whenever it is asked."""

    def __init__(
        self, directory: Path, layout: TransitionLayout, start: JournalOffset | None = None
    ) -> None:
        """Look at nothing yet: the writer may still have to begin.

        Args:
            directory: Of the journal's segments.
            layout: What its rows must look like.
            start: Where to go on; None for the beginning.
        """
        self.directory = directory
        self.layout = layout
        self.num_damaged = 0
        """Records passed by whose checksum does not hold."""
        start = start or JournalOffset(num_records=0, segment=0, position=0, digest="")
        self._num_records, self._segment = start.num_records, start.segment
        self._position, self._digest = start.position, bytes.fromhex(start.digest)

    @property
    def offset(self) -> JournalOffset:
        """The end of what has been handed over."""
        return JournalOffset(
            num_records=self._num_records,
            segment=self._segment,
            position=self._position,
            digest=self._digest.hex(),
        )

    def read(self, max_records: int = 10_000) -> np.ndarray:
        """Return the next rows (N,) of `TransitionLayout.row_dtype`, none if there are none yet.

        Args:
            max_records: At most so many at once; damaged ones among them count.

        Raises:
            JournalError: The journal is of another kind, or was cut short before our place.
        """
        while True:
            # Asked before reading: once there is a next one, this one does not grow any more.
            is_over = self._has_whole_header(self._segment + 1)
            before = self._num_records
            rows = self._read_segment(max_records)
            if len(rows):
                return rows
            if self._num_records == before:
                if not is_over:
                    return rows
                self._segment, self._position = self._segment + 1, 0

    def sync(self) -> None:
        """Force what was read onto the disk: nobody may build on what a power failure takes."""
        # The writer syncs a segment before it begins the next one, so the last is enough.
        path = segment_path(self.directory, self._segment)
        if path.exists():
            fsync_file(path)
            fsync_directory(self.directory)

    def _has_whole_header(self, segment: int) -> bool:
        path = segment_path(self.directory, segment)
        return path.exists() and Header.read(path) is not None

    def _read_segment(self, max_records: int) -> np.ndarray:
        if self._position == 0 and not self._begin():
            return np.zeros(0, self.layout.row_dtype)
        path, size = (
            segment_path(self.directory, self._segment),
            max_records * record_dtype(self.layout).itemsize,
        )
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            if end < self._position:
                message = f"cut short to {end} bytes, {self._position} had been read"
                raise JournalError(f"{path}: {message}")
            file.seek(self._position)
            scan = scan_records(file.read(size), self.layout, self._digest)
            if scan.num_bytes == 0:
                # So many damaged ones in a row: there may be whole ones behind them.
                file.seek(self._position)
                scan = self._scan_past_damage(file.read(), size)
        self._position += scan.num_bytes
        self._num_records += scan.num_records
        self.num_damaged += scan.num_damaged
        self._digest = scan.digest
        return scan.rows

    def _scan_past_damage(self, data: bytes, size: int) -> RecordScan:
        """Read up to the first piece of `size` bytes in which a record is whole."""

        def scan(num_pieces: int) -> RecordScan:
            return scan_records(data[: num_pieces * size], self.layout, self._digest)

        counts = range(len(data) // size + 2)
        return scan(bisect_left(counts, True, key=lambda count: scan(count).num_bytes > 0))

    def _begin(self) -> bool:
        """Pass over a segment's header; return whether it is there."""
        path = segment_path(self.directory, self._segment)
        header = Header.read(path) if path.exists() else None
        if header is None:
            return False
        if header.layout != self.layout:
            raise JournalError(f"{path}: expected {self.layout}, found {header.layout}")
        # Records at the end of the segment before that were spoilt later are missed only now.
        self.num_damaged += header.first_record - self._num_records
        self._num_records = header.first_record
        self._position = header.num_bytes
        return True
