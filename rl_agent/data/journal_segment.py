"""One file of a journal: its header line, its records, and what of them is whole."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rl_agent.exceptions import JournalError

from .layout import TransitionLayout

FORMAT = "surefoot-journal"
SCHEMA_VERSION = 1
PREFIX_BYTES = 8
_DIGEST_BYTES = 16
_MAX_HEADER_BYTES = 65_536
_TEXT = re.compile(rb"[\x20-\x7e]*")
_NAME = re.compile(r"(\d{6,})\.journal")


def record_dtype(layout: TransitionLayout) -> np.dtype[np.void]:
    """Return a record: length and crc32 of the row, then the row."""
    return np.dtype([("length", "<u4"), ("crc32", "<u4"), ("row", layout.row_dtype)])


def chain(digest: bytes, record: memoryview) -> bytes:
    """Return the digest of a journal that had `digest` before `record`.

    A chain, so that it can be continued from a checkpoint, where a running hash could not.
    """
    return hashlib.blake2b(digest + record, digest_size=_DIGEST_BYTES).digest()


def segment_path(directory: Path, index: int) -> Path:
    """Return where a segment lies."""
    return directory / f"{index:06d}.journal"


def segment_paths(directory: Path) -> dict[int, Path]:
    """Return the segments by number."""
    if not directory.is_dir():
        return {}
    found = ((_NAME.fullmatch(path.name), path) for path in directory.iterdir())
    return {int(match[1]): path for match, path in found if match}


@dataclass(frozen=True, kw_only=True)
class Header:
    """The first line of a segment."""

    layout: TransitionLayout
    segment: int
    first_record: int
    num_bytes: int = 0

    def to_bytes(self, *, has_checksum: bool = True) -> bytes:
        """Return the line; without its checksum, as journals of version 0.1 have it."""
        layout = self.layout
        fields: dict[str, Any] = {
            "format": FORMAT,
            "schema_version": SCHEMA_VERSION,
            "dims": [layout.obs_dim, layout.act_dim, layout.context_dim, layout.goal_dim],
            "row": layout.describe(),
            "segment": self.segment,
            "first_record": self.first_record,
        }
        if has_checksum:
            fields["crc32"] = zlib.crc32(json.dumps(fields).encode())
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def read(cls, path: Path) -> Header | None:
        """Return the header, or None where its line is not finished.

        Raises:
            JournalError: It is a whole line, but not one of this journal's, or it is damaged.
        """
        with path.open("rb") as file:
            line = file.readline(_MAX_HEADER_BYTES)
        if not line.endswith(b"\n"):
            # A line that was never finished is text to its end. With records behind it, it was
            # finished once: throwing the segment away would throw experience away.
            if line and not _TEXT.fullmatch(line):
                raise JournalError(f"{path}: the header line is damaged")
            return None
        try:
            fields = json.loads(line)
            version = fields["schema_version"]
            if fields["format"] != FORMAT or version != SCHEMA_VERSION:
                expected = f"expected {FORMAT} version {SCHEMA_VERSION}"
                found = f"{fields['format']} {version}"
                raise JournalError(f"{path}: {expected}, found {found:.80}")
            obs_dim, act_dim, context_dim, goal_dim = map(int, fields["dims"])
            layout = TransitionLayout(
                obs_dim=obs_dim, act_dim=act_dim, context_dim=context_dim, goal_dim=goal_dim
            )
            if fields["row"] != layout.describe():
                raise JournalError(f"{path}: its rows are laid out in another way")
            numbers = int(fields["segment"]), int(fields["first_record"])
        except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            message = f"the header line is not readable: {error!s:.200}"
            raise JournalError(f"{path}: {message}") from error
        header = cls(
            layout=layout, segment=numbers[0], first_record=numbers[1], num_bytes=len(line)
        )
        if line not in (header.to_bytes(), header.to_bytes(has_checksum=False)):
            raise JournalError(f"{path}: the header line is damaged")
        match = _NAME.fullmatch(path.name)
        if match is None or int(match[1]) != header.segment:
            raise JournalError(f"{path}: holds segment {header.segment}; it was exchanged")
        return header


def count_records(directory: Path) -> int:
    """Return how many records a journal holds, damaged ones included; 0 where there is none.

    Cheap: its last header and that file's size tell; no record is read.

    Raises:
        JournalError: That header is damaged.
    """
    for _, path in sorted(segment_paths(directory).items(), reverse=True):
        # Without a whole header nothing in a segment counts: it was only about to begin.
        header = Header.read(path)
        if header is not None:
            num_bytes = path.stat().st_size - header.num_bytes
            return header.first_record + num_bytes // record_dtype(header.layout).itemsize
    return 0


@dataclass(frozen=True, kw_only=True)
class SegmentScan:
    """What of a segment is whole."""

    header: Header
    rows: np.ndarray
    """The rows whose checksum holds."""
    num_damaged: int
    """Records between whole ones whose checksum does not hold."""
    end: int
    """Bytes up to the end of the last whole record."""
    digest: bytes

    @property
    def num_records(self) -> int:
        """Records up to `end`, damaged ones included."""
        return len(self.rows) + self.num_damaged


def scan_segment(
    path: Path, layout: TransitionLayout, digest: bytes, end: int | None = None
) -> SegmentScan:
    """Read a segment's records up to byte `end`; whatever follows the last whole one is left out.

    Args:
        path: The segment.
        layout: What its rows must look like.
        digest: Of all segments before.
        end: Bytes to look at; None for all.

    Raises:
        JournalError: The header is not this journal's.
    """
    header = Header.read(path)
    if header is None or header.layout != layout:
        found = header.layout if header else "an unfinished header"
        raise JournalError(f"{path}: expected {layout}, found {found}")
    scan = scan_records(path.read_bytes()[header.num_bytes : end], layout, digest)
    return SegmentScan(
        header=header,
        rows=scan.rows,
        num_damaged=scan.num_damaged,
        end=header.num_bytes + scan.num_bytes,
        digest=scan.digest,
    )


@dataclass(frozen=True, kw_only=True)
class RecordScan:
    """What of some records is whole."""

    rows: np.ndarray
    """The rows whose checksum holds."""
    num_damaged: int
    """Records between whole ones whose checksum does not hold."""
    num_bytes: int
    """Up to the end of the last whole record."""
    digest: bytes

    @property
    def num_records(self) -> int:
        """Records within `num_bytes`, damaged ones included."""
        return len(self.rows) + self.num_damaged


def scan_records(data: bytes, layout: TransitionLayout, digest: bytes) -> RecordScan:
    """Read records, as they stand behind a header; what follows the last whole one is left out."""
    dtype = record_dtype(layout)
    count = len(data) // dtype.itemsize
    records = np.frombuffer(data, dtype, count)
    is_whole = _check(records, memoryview(data))
    count = int(np.flatnonzero(is_whole)[-1]) + 1 if is_whole.any() else 0
    view = memoryview(data)
    for start in range(0, count * dtype.itemsize, dtype.itemsize):
        digest = chain(digest, view[start : start + dtype.itemsize])
    rows = records["row"][:count][is_whole[:count]]
    return RecordScan(
        rows=rows,
        num_damaged=count - len(rows),
        num_bytes=count * dtype.itemsize,
        digest=digest,
    )


def _check(records: np.ndarray, data: memoryview) -> np.ndarray:
    size = records.dtype.itemsize
    starts = range(0, len(records) * size, size)
    checksums = [zlib.crc32(data[start + PREFIX_BYTES : start + size]) for start in starts]
    is_right_length = records["length"] == size - PREFIX_BYTES
    return is_right_length & (records["crc32"] == np.array(checksums, dtype=np.uint32))
