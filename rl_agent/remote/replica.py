"""One robot's copy on the learner's machine: a journal like any other, one writer at a time."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Protocol

from rl_agent.data.journal import JournalConfig, JournalOffset, JournalWriter
from rl_agent.data.journal_segment import segment_path
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import ProtocolError, RefusedError

from .records import unpack_rows


class Holder(Protocol):
    """Who writes to a copy."""

    def stop(self) -> None:
        """End soon; somebody else waits for the copy."""
        ...


class Replica:
    """Stays open between connections: opening reads the journal's last segment."""

    def __init__(self, directory: Path, config: JournalConfig) -> None:
        self._directory, self._config = directory, config
        self._writer: JournalWriter | None = None
        self._lock = threading.Lock()
        self._holder: Holder | None = None

    @property
    def num_rows(self) -> int:
        """Rows that it holds, as far as it was opened."""
        writer = self._writer  # another thread may close it meanwhile
        return writer.offset.num_records if writer else 0

    @property
    def is_held(self) -> bool:
        """Whether a robot's connection writes to it."""
        return self._holder is not None

    def hold(self, holder: Holder, timeout_s: float) -> None:
        """Give it to a new connection of the robot; an older one is ended: it is most likely dead.

        Raises:
            RefusedError: That one did not end in time.
        """
        if (before := self._holder) is not None:
            before.stop()
        if not self._lock.acquire(timeout=timeout_s):
            raise RefusedError("an earlier connection of this robot is still being ended")
        self._holder = holder

    def release(self) -> None:
        """Give it back, all of it on the disk."""
        try:
            if self._writer is not None:
                self._writer.sync()
        finally:
            self._holder = None
            self._lock.release()

    def open(self, layout: TransitionLayout) -> JournalOffset:
        """Return where it ends; begin it if there is none.

        Raises:
            JournalError: What stands in its folder is no journal of these rows.
        """
        if self._writer is not None and not self._is_the_same(self._writer, layout):
            self.close()
        if self._writer is None:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = JournalWriter(self._directory, layout, self._config)
        return self._writer.offset

    def append(self, num_rows: int, digest: str, data: bytes) -> JournalOffset:
        """Add records; return where it ends now.

        Args:
            num_rows: How long the sender believes it to be.
            digest: And what its digest should be.
            data: The records.

        Raises:
            ProtocolError: The sender is wrong, or the records are not whole.
            JournalError: The disk will not take them.
        """
        assert self._writer is not None
        end = self._writer.offset
        if (num_rows, digest) != (end.num_records, end.digest):
            message = f"rows behind row {num_rows}, the copy ends at {end.num_records}"
            raise ProtocolError(f"{message}, or with another digest")
        rows, expected = unpack_rows(data, self._writer.layout, digest)
        self._writer.append_rows(rows)
        end = self._writer.offset
        if end.digest != expected:
            raise ProtocolError("what was written is not what was sent")
        return end

    def close(self) -> None:
        """Close the journal."""
        writer, self._writer = self._writer, None
        if writer is not None:
            # Its folder may be gone, or its disk fail: what is lost then, the robot sends again.
            with contextlib.suppress(OSError):
                writer.close()

    def _is_the_same(self, writer: JournalWriter, layout: TransitionLayout) -> bool:
        """Tell whether the folder still holds what we wrote; it may have been moved away."""
        path = segment_path(self._directory, writer.offset.segment)
        is_there = path.exists() and path.stat().st_size == writer.offset.position
        return writer.layout == layout and is_there
