"""What is known of a journal's finished segments, so that opening it reads only the last one.

It stands in `finished.json` beside the segments. It is a help, no record: where it is missing or
does not fit, the segments are read again, and readers, which look for damage, never use it.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from rl_agent.exceptions import JournalError

from .disk import write_durably
from .journal_segment import Header, record_dtype, scan_segment
from .layout import TransitionLayout

FINISHED = "finished.json"
FORMAT = "surefoot-finished-segments"
SCHEMA_VERSION = 1
NOTE_RECORDS = 50_000
"""Read again between two notes: a start that is ended for taking long has not read for nothing."""


class Finished(NamedTuple):
    """What one finished segment came to."""

    segment: int
    first_record: int
    num_bytes: int
    end_crc32: int
    """Of the bytes of its last record: files that were exchanged by hand are alike in all else."""
    digest: str
    """Of the journal up to its end."""


class FinishedSegments:
    """Notes digests for the one who writes a journal."""

    def __init__(self, directory: Path, layout: TransitionLayout) -> None:
        """Look at nothing yet.

        Args:
            directory: Of the journal's segments.
            layout: What its rows must look like.
        """
        self._path, self._layout = directory / FINISHED, layout
        self._entries: list[Finished] = []

    def digest_of(self, paths: Sequence[Path]) -> bytes:
        """Return the digest of all records in a journal's first segments, and go on from there.

        Args:
            paths: Of these segments, in order; what is not noted of them is read and noted.

        Raises:
            JournalError: A header is not this journal's.
        """
        pairs = zip(_read(self._path), paths, strict=False)
        self._entries = [entry for entry, _ in takewhile(self._fits, pairs)]
        digest = bytes.fromhex(self._entries[-1].digest) if self._entries else b""
        num_unnoted = 0
        # Each digest builds on those before: behind a segment that does not fit, none holds.
        for path in paths[len(self._entries) :]:
            scan = scan_segment(path, self._layout, digest)
            digest = scan.digest
            num_unnoted += scan.num_records
            self._entries.append(self._look_at(path, scan.header, digest))
            if num_unnoted >= NOTE_RECORDS or path == paths[-1]:
                self._try_to_write()
                num_unnoted = 0
        return digest

    def add(self, path: Path, digest: bytes) -> None:
        """Note a segment that is over and on the disk; what the disk refuses is read again later.

        Args:
            path: Of the segment.
            digest: Of the journal up to its end.
        """
        with suppress(JournalError, OSError):
            header = Header.read(path)
            if header is not None:
                self._entries.append(self._look_at(path, header, digest))
        self._try_to_write()

    def forget_from(self, segment: int) -> None:
        """Forget this segment and those behind it; before they are changed, or a kill misleads.

        Raises:
            OSError: It cannot be written.
        """
        kept = [entry for entry in self._entries if entry.segment < segment]
        if kept != self._entries:
            write_durably(self._path, _to_bytes(kept))
        self._entries = kept

    def _fits(self, pair: tuple[Finished, Path]) -> bool:
        entry, path = pair
        header = Header.read(path)
        if header is None or header.layout != self._layout:
            return False
        return entry == self._look_at(path, header, bytes.fromhex(entry.digest))

    def _look_at(self, path: Path, header: Header, digest: bytes) -> Finished:
        with path.open("rb") as file:
            num_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(0, num_bytes - record_dtype(self._layout).itemsize))
            end = file.read()
        return Finished(
            segment=header.segment,
            first_record=header.first_record,
            num_bytes=num_bytes,
            end_crc32=zlib.crc32(end),
            digest=digest.hex(),
        )

    def _try_to_write(self) -> None:
        with suppress(OSError):
            write_durably(self._path, _to_bytes(self._entries))


def _to_bytes(entries: Sequence[Finished]) -> bytes:
    segments = [entry._asdict() for entry in entries]
    fields = {"format": FORMAT, "schema_version": SCHEMA_VERSION, "segments": segments}
    return json.dumps({**fields, "crc32": zlib.crc32(json.dumps(fields).encode())}).encode() + b"\n"


def _read(path: Path) -> list[Finished]:
    """Return what is noted; nothing where the file is not as we write it."""
    with suppress(OSError, KeyError, TypeError, ValueError, RecursionError):
        data = path.read_bytes()
        entries = [Finished(**fields) for fields in json.loads(data)["segments"]]
        if data == _to_bytes(entries):
            return entries
    return []
