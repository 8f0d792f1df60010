"""The durable record of experience: append-only files of length-prefixed, checksummed rows.

A segment is one JSON header line, then records of 4 bytes length, 4 bytes crc32 and one row of
`TransitionLayout`. What was appended is with the operating system at once: a killed process loses
nothing, a power failure at most what the sync policy allows. Torch-free.
"""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from rl_agent.clock import Clock, SteadyClock
from rl_agent.exceptions import JournalError
from rl_agent.types import Transition

from .disk import WhenFull, append_whole, fsync_directory, refuse
from .finished_segments import FinishedSegments
from .journal_segment import (
    PREFIX_BYTES,
    Header,
    SegmentScan,
    chain,
    record_dtype,
    scan_segment,
    segment_path,
    segment_paths,
)
from .layout import RowPacker, TransitionLayout

LONGEST_SYNC_S = 3600.0
MOST_RECORDS = 1_000_000_000


class SyncPolicy(StrEnum):
    """When a record is forced onto the disk."""

    NONE = "none"
    """Left to the operating system."""
    INTERVAL = "interval"
    """At most `sync_interval_s` after it was appended, if records keep coming."""
    ALWAYS = "always"
    """Before `append` returns."""


@dataclass(frozen=True, kw_only=True)
class JournalConfig:
    """How a journal is written."""

    sync: SyncPolicy = SyncPolicy.INTERVAL
    sync_interval_s: float = 1.0
    segment_records: int = 50_000
    """Records per file."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.sync_interval_s <= LONGEST_SYNC_S:
            raise ValueError(f"sync_interval_s must be in [0, {LONGEST_SYNC_S:g}]")
        if not 1 <= self.segment_records <= MOST_RECORDS:
            raise ValueError(f"segment_records must be in [1, {MOST_RECORDS}]")


@dataclass(frozen=True, kw_only=True)
class JournalOffset:
    """A place between two records, and the digest of all before it."""

    num_records: int
    segment: int
    position: int
    """Bytes into the segment."""
    digest: str

    def to_json(self) -> dict[str, Any]:
        """Return a mapping of numbers and strings."""
        return asdict(self)


class JournalWriter:
    """Appends transitions; opening an existing journal first drops a torn tail and counts it."""

    def __init__(
        self,
        directory: Path,
        layout: TransitionLayout,
        config: JournalConfig | None = None,
        clock: Clock | None = None,
        when_full: WhenFull = refuse,
    ) -> None:
        """Open it.

        Args:
            directory: Of its segments; made if it is not there.
            layout: Of its rows.
            config: How it is written.
            clock: Tells when to sync.
            when_full: What to do about a disk without room; a record is then written once.
        """
        self._when_full = when_full
        self.directory = directory
        self.layout = layout
        self.config = config or JournalConfig()
        self._clock = clock or SteadyClock()
        self._record = np.zeros(1, record_dtype(layout))
        self._bytes = memoryview(self._record.view(np.uint8).data)
        self._packer = RowPacker(self._record["row"])
        self._record["length"] = layout.row_dtype.itemsize
        self.num_dropped_bytes = 0
        """Bytes of unfinished or damaged records cut from the end when the journal was opened."""
        self._file: BinaryIO | None = None
        self._is_torn = False
        """Whether a part of a record may stand behind the end."""
        self._num_records = self._first_record = self._segment = self._position = 0
        self._digest = b""
        self._finished = FinishedSegments(directory, layout)
        self._make_directory()
        self._reopen()
        self._synced_s = self._clock.now()

    @property
    def num_records(self) -> int:
        """All that it holds."""
        return self._num_records

    @property
    def offset(self) -> JournalOffset:
        """The end of the journal."""
        return JournalOffset(
            num_records=self._num_records,
            segment=self._segment,
            position=self._position,
            digest=self._digest.hex(),
        )

    def append(self, transition: Transition) -> None:
        """Add one record.

        Raises:
            JournalError: The disk refuses it; the journal then ends with the record before.
            OSError: It can't be forced onto the disk; `offset` tells whether it was added.
        """
        self._packer.pack(transition)
        self._append_packed()

    def append_rows(self, rows: np.ndarray) -> None:
        """Add rows (N,) of `TransitionLayout.row_dtype`, bit for bit, one record each.

        Raises:
            JournalError: The disk refuses one; the journal then ends with the row before it.
        """
        for index in range(len(rows)):
            self._record["row"] = rows[index]
            self._append_packed()

    def _append_packed(self) -> None:
        if self._num_records - self._first_record >= self.config.segment_records:
            self.sync()
            ended, digest = segment_path(self.directory, self._segment), self._digest
            self._start_segment(self._segment + 1)
            self._finished.add(ended, digest)
        self._record["crc32"] = zlib.crc32(self._bytes[PREFIX_BYTES:])
        self._write(self._bytes)
        self._num_records += 1
        self._digest = chain(self._digest, self._bytes)
        self._sync_if_due()

    def sync(self) -> None:
        """Force all records onto the disk."""
        if self._file is not None:
            # Some file systems find out only here that there is no room.
            descriptor = self._file.fileno()
            self._when_full(lambda: os.fsync(descriptor), self.directory, 0)
            fsync_directory(self.directory)
        self._synced_s = self._clock.now()

    def truncate_to(self, offset: JournalOffset) -> None:
        """Drop every record after `offset`.

        Raises:
            JournalError: The journal ends before it.
        """
        paths = segment_paths(self.directory)
        path = paths.get(offset.segment)
        if path is None or path.stat().st_size < offset.position:
            held = f"{self._num_records} records, {offset.num_records} are needed"
            raise JournalError(f"{self.directory}: the journal is shorter than expected ({held})")
        self._forget_from(offset.segment)
        self.close()
        for index in [index for index in paths if index > offset.segment]:
            paths[index].unlink()
        os.truncate(path, offset.position)
        self._reopen()

    def clear(self) -> None:
        """Drop all records."""
        self._forget_from(0)
        self.close()
        for path in segment_paths(self.directory).values():
            path.unlink()
        self._reopen()

    def set_aside(self) -> Path:
        """Begin anew; all records stay in a folder beside this one, which is returned."""
        self.close()
        places = (self.directory.with_name(f"journal-unread-{n}") for n in count(1))
        aside = next(place for place in places if not place.exists())
        self._carry_out(aside.mkdir, aside, 0)
        self._forget_from(0)
        # The newest first: what a kill leaves is a whole journal.
        for _, path in sorted(segment_paths(self.directory).items(), reverse=True):
            path.rename(aside / path.name)
        self._reopen()
        return aside

    def close(self) -> None:
        """Sync and close; the writer can't be used afterwards."""
        if self._file is None:
            return
        try:
            self.sync()
        finally:
            self._file.close()
            self._file = None

    def _make_directory(self) -> None:
        self._carry_out(
            lambda: self.directory.mkdir(parents=True, exist_ok=True), self.directory, 0
        )

    def _reopen(self) -> None:
        self._num_records, self._digest = 0, b""
        paths = segment_paths(self.directory)
        while paths and Header.read(paths[max(paths)]) is None:
            # The process died while it began this segment: nothing in it was acknowledged.
            torn = paths.pop(max(paths))
            self.num_dropped_bytes += torn.stat().st_size
            torn.unlink()
        ordered = [path for _, path in sorted(paths.items())]
        self._digest = self._finished.digest_of(ordered[:-1])
        if not ordered:
            self._start_segment(0)
            return
        path = ordered[-1]
        scan = scan_segment(path, self.layout, self._digest)
        self._segment, self._first_record = scan.header.segment, scan.header.first_record
        self._num_records = scan.header.first_record + scan.num_records
        self._digest, self._position = scan.digest, scan.end
        self.num_dropped_bytes += path.stat().st_size - scan.end
        os.truncate(path, self._position)
        self._file = path.open("ab", buffering=0)

    def _forget_from(self, segment: int) -> None:
        self._carry_out(lambda: self._finished.forget_from(segment), self.directory, 0)

    def _start_segment(self, index: int) -> None:
        """Go on in another file; where it can't be begun, the journal is as it was."""
        header = Header(layout=self.layout, segment=index, first_record=self._num_records)
        path, data = segment_path(self.directory, index), header.to_bytes()
        begun: list[BinaryIO] = []
        self._carry_out(lambda: begun.append(_begin_file(path, data)), path, len(data))
        before, self._file = self._file, begun[0]
        self._segment, self._first_record = index, self._num_records
        self._position, self._is_torn = len(data), False
        if before is not None:
            # It was synced; what its closing complains of is nothing that could be mended here.
            with suppress(OSError):
                before.close()

    def _write(self, data: memoryview) -> None:
        def write() -> None:
            assert self._file is not None
            if self._is_torn:
                self._file.truncate(self._position)
            self._is_torn = True
            append_whole(self._file, data, self._position)
            self._is_torn = False

        self._carry_out(write, segment_path(self.directory, self._segment), len(data))
        self._position += len(data)

    def _carry_out(self, write: Callable[[], None], path: Path, num_bytes: int) -> None:
        try:
            self._when_full(write, path, num_bytes)
        except OSError as error:
            raise JournalError(f"{path}: cannot be written: {error}") from error

    def _sync_if_due(self) -> None:
        if self.config.sync is SyncPolicy.NONE:
            return
        waited_s = self._clock.now() - self._synced_s
        if self.config.sync is SyncPolicy.ALWAYS or waited_s >= self.config.sync_interval_s:
            self.sync()


def _begin_file(path: Path, header: bytes) -> BinaryIO:
    """Return a new segment, open for appending; it has its name only with its whole header."""
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    # Appending, or the record after one that was cut short would leave a hole before it.
    file = temporary.open("ab", buffering=0)
    try:
        append_whole(file, header, 0)
        temporary.rename(path)
    except OSError:
        file.close()
        raise
    return file


@dataclass(frozen=True)
class JournalContents:
    """Rows read back."""

    rows: np.ndarray
    """(N,) of `TransitionLayout.row_dtype`; a field of it is a column."""
    num_damaged: int
    """Records that are spoilt; they are left out."""
    digest: str


class JournalTail(NamedTuple):
    """What reading a journal to its end told."""

    num_damaged: int
    digest: str


class JournalReader:
    """Reads whole segments at once; also while a writer appends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        paths = segment_paths(directory)
        header = Header.read(paths[min(paths)]) if paths else None
        if header is None:
            raise JournalError(f"{directory}: there is no journal here")
        self.layout = header.layout

    def read(self, until: JournalOffset | None = None) -> JournalContents:
        """Return all whole records, or those before `until`.

        Raises:
            JournalError: A segment is of another kind, the journal ends before `until`, or what
                stands there is whole, but not what was written when `until` was noted.
        """
        rows = [np.zeros(0, self.layout.row_dtype)]
        tail = self.pass_to(rows.append, until)
        return JournalContents(np.concatenate(rows), tail.num_damaged, tail.digest)

    def pass_to(
        self, take: Callable[[np.ndarray], None], until: JournalOffset | None = None
    ) -> JournalTail:
        """Hand over the same rows, a segment at a time: a long journal need not fit in memory.

        Raises:
            JournalError: As for `read`; what was handed over then is not to be used.
        """
        num_found, digest, num_damaged = 0, b"", 0
        before: SegmentScan | None = None
        for index, path in sorted(segment_paths(self.directory).items()):
            if (until and index > until.segment) or Header.read(path) is None:
                break
            end = until.position if until and index == until.segment else None
            scan = scan_segment(path, self.layout, digest, end)
            take(scan.rows)
            num_spoilt = _num_spoilt_between(before, scan)
            num_found += num_spoilt + scan.num_records
            num_damaged += num_spoilt + scan.num_damaged
            before, digest = scan, scan.digest
        if until and num_found < until.num_records:
            message = f"holds {num_found} records, {until.num_records} are needed"
            raise JournalError(f"{self.directory}: {message}")
        is_foreign = not num_damaged and until and digest.hex() != until.digest
        # Behind damage the digest tells nothing, but the headers still count the records.
        if until and (is_foreign or num_found > until.num_records):
            message = "holds whole records of another run; the journal was exchanged"
            raise JournalError(f"{self.directory}: {message}")
        return JournalTail(num_damaged, digest.hex())


def _num_spoilt_between(before: SegmentScan | None, scan: SegmentScan) -> int:
    """Return how many records are spoilt at the end of the segment before `scan`.

    Only the next header tells them from a record that is still being written. For a whole segment
    that is missing nothing is counted, so that the journal is refused as too short.
    """
    if before is None or before.header.segment + 1 != scan.header.segment:
        return 0
    return max(0, scan.header.first_record - before.header.first_record - before.num_records)
