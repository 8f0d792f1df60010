"""Events of a hot swap as lines of JSON, appended by a thread: the control loop never waits."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from .swap_event import SwapEvent, SwapKind

SWAPS = "swaps.jsonl"
"""Beside a live run's store."""
CAPACITY = 1000
_CLOSE_S = 2.0
_BAD_KINDS = (SwapKind.REFUSED.value, SwapKind.ROLLED_BACK.value)


class SwapLog:
    """Takes events at once; counts those that could not be written, and goes on."""

    def __init__(
        self,
        path: Path,
        on_trouble: Callable[[str], None] = lambda sentence: None,
        *,
        capacity: int = CAPACITY,
    ) -> None:
        """Start.

        Args:
            path: File that is appended to; it is opened for each event, so that it may be moved.
            on_trouble: Is told of each new trouble once, from the thread.
            capacity: Events that may wait.
        """
        self._path = path
        self._on_trouble = on_trouble
        self._capacity = capacity
        self._trouble = ""
        self._is_cut = False
        self.num_written = 0
        self.num_refused = 0
        """Events for which the queue had no room."""
        self.num_failed = 0
        """Events that the file system would not take."""
        self._waiting: SimpleQueue[SwapEvent | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="swap_log", daemon=True)
        self._thread.start()

    @property
    def num_lost(self) -> int:
        """Events that are in no file."""
        return self.num_refused + self.num_failed

    def put(self, event: SwapEvent) -> None:
        """Hand an event over; never blocks, never raises."""
        if self._waiting.qsize() >= self._capacity:
            self.num_refused += 1
        else:
            self._waiting.put(event)

    def close(self) -> None:
        """Write what waits, as far as the time allows."""
        self._waiting.put(None)
        self._thread.join(_CLOSE_S)

    def _work(self) -> None:
        while (event := self._waiting.get()) is not None:
            try:
                self._append(event.to_json())
                self.num_written += 1
                self._trouble = ""
            except OSError as error:
                self.num_failed += 1
                self._tell(f"{self._path}: an event was not written: {error.strerror}")

    def _append(self, line: str) -> None:
        # What a full disk cut off must not swallow the next line.
        data = ("\n" if self._is_cut else "").encode() + line.encode() + b"\n"
        descriptor = os.open(
            self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        try:
            num_written = os.write(descriptor, data)
        finally:
            os.close(descriptor)
        self._is_cut = num_written < len(data)
        if self._is_cut:
            raise OSError(0, f"only {num_written} of {len(data)} bytes had room")

    def _tell(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._trouble = sentence
            self._on_trouble(sentence)


def read_events(path: Path) -> list[dict[str, Any]]:
    """Return a log's events in order; none without a log.

    Lines that a full disk cut off are skipped.
    """
    if not path.exists():
        return []
    events = (_parse(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [event for event in events if event is not None]


def read_bad_versions(path: Path) -> set[int]:
    """Return the versions that a log tells were refused or rolled back; empty without a log."""
    bad = (event for event in read_events(path) if event["kind"] in _BAD_KINDS)
    return {event["policy_version"] for event in bad}


def _parse(line: str) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
        own = {"kind": str(values["kind"]), "policy_version": int(values["policy_version"])}
        return {**values, **own}
    except (ValueError, TypeError, KeyError):
        return None
