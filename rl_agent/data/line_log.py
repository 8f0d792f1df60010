"""Lines of JSON, appended to a file by a thread, in order: the control loop never waits."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

from .teller import Teller

CAPACITY = 1000
RETRY_S = 0.5
"""Between two tries of a line that a full disk, or one that is away, did not take."""
_CLOSE_S = 2.0


class Line(Protocol):
    """What becomes a line."""

    def to_json(self) -> str:
        """Return it without a line break."""
        ...


class LineLog:
    """Takes lines at once, and tries each until it is written or the log is closed."""

    def __init__(
        self,
        path: Path,
        on_trouble: Callable[[str], None] = lambda sentence: None,
        *,
        capacity: int = CAPACITY,
        retry_s: float = RETRY_S,
    ) -> None:
        """Start.

        Args:
            path: File that is appended to; it is opened for each line, so that it may be moved.
            on_trouble: Is told of each new trouble once, from the thread.
            capacity: Lines that may wait.
            retry_s: Between two tries.
        """
        self._path = path
        self._tell = Teller(on_trouble)
        self._capacity = capacity
        self._retry_s = retry_s
        self._is_closing = threading.Event()
        self._is_cut = _ends_within_line(path)
        self.num_refused = 0
        """Lines for which the queue had no room."""
        self.num_failed = 0
        """Lines that the file system would not take before the end."""
        self._waiting: SimpleQueue[Line | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=path.stem, daemon=True)
        self._thread.start()

    @property
    def num_lost(self) -> int:
        """Lines that are in no file."""
        return self.num_refused + self.num_failed

    def put(self, line: Line) -> None:
        """Hand a line over; never blocks, never raises."""
        if self._waiting.qsize() >= self._capacity:
            self.num_refused += 1
        else:
            self._waiting.put(line)

    def close(self) -> None:
        """Write what waits, as far as the time allows."""
        self._waiting.put(None)
        self._is_closing.set()
        self._thread.join(_CLOSE_S)

    def _work(self) -> None:
        while (line := self._waiting.get()) is not None:
            self._write(line.to_json())

    def _write(self, line: str) -> None:
        while True:
            is_last_try = self._is_closing.is_set()
            try:
                self._append(line)
            except OSError as error:
                self._tell(f"{self._path}: a line was not written: {error.strerror}")
            else:
                self._tell.forget()
                return
            if is_last_try:
                self.num_failed += 1
                return
            self._is_closing.wait(self._retry_s)

    def _append(self, line: str) -> None:
        # What a full disk cut off must not swallow the next line.
        data = ("\n" if self._is_cut else "").encode() + line.encode() + b"\n"
        descriptor = os.open(
            self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        try:
            num_written = os.write(descriptor, data)
            if num_written == len(data):
                self._is_cut = False
                return
            was_cut, self._is_cut = self._is_cut, True
            # Each try would leave another piece.
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - num_written)
            self._is_cut = was_cut
        finally:
            os.close(descriptor)
        raise OSError(0, f"only {num_written} of {len(data)} bytes had room")


def _ends_within_line(path: Path) -> bool:
    """Tell whether whoever wrote last was killed, or the disk was full, in the middle of a line."""
    try:
        with path.open("rb") as log:
            log.seek(-1, os.SEEK_END)
            return log.read(1) != b"\n"
    except OSError:  # it is not there, empty, or not to be read
        return False


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return a log's objects in order; none without a log.

    Lines that a full disk cut off are skipped.
    """
    if not path.exists():
        return []
    values = (_parse(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [value for value in values if isinstance(value, dict)]


def _parse(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
