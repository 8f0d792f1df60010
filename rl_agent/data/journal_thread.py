"""A journal for a control loop: what is handed over is written by a thread, without waiting."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue

from rl_agent.exceptions import DiskFullError, JournalError
from rl_agent.types import Transition

from . import disk
from .folder_lock import hold_journal
from .journal import JournalConfig, JournalOffset, JournalWriter
from .layout import TransitionLayout
from .lost_steps import read_lost, write_lost
from .teller import Teller

CAPACITY = 5000
"""Transitions kept while a disk is full or slow: four minutes at 20 Hz, a few MB."""
CLOSE_S = 2.0
"""At the end, time to write what waits, and as much again to give up [s]: a disk that is full or
hangs must not keep the process from ending."""
NOTE_S = 1.0
"""Shortest time between two notes of how much was lost [s]: each waits for the disk."""


class JournalThread:
    """Takes transitions at once, appends them in a thread, and counts what it could not keep."""

    def __init__(
        self,
        directory: Path,
        layout: TransitionLayout,
        config: JournalConfig | None = None,
        *,
        capacity: int = CAPACITY,
        on_message: Callable[[str], None] = lambda message: None,
        lost: Path | None = None,
    ) -> None:
        """Open the journal and start.

        Args:
            directory: Of the journal's segments.
            layout: Of its rows.
            config: How it is written.
            capacity: Transitions that may wait.
            on_message: Is told of a full disk, and of every other trouble once; from the thread,
                which tries again every `RETRY_S`.
            lost: File in which the number of lost steps stands, and is gone on with; None for none.

        Raises:
            JournalError: It cannot be opened.
            BusyError: Another process writes it.
        """
        self._is_closing = threading.Event()
        wait = disk.WaitForRoom(self._is_closing.is_set, on_message, self._nap)
        self._holding = ExitStack()
        wait(lambda: self._holding.enter_context(hold_journal(directory)), directory, 0)
        try:
            self._writer = JournalWriter(directory, layout, config, when_full=wait)
        except BaseException:
            self._holding.close()
            raise
        self._capacity = capacity
        self._tell = Teller(on_message)
        self._lost = lost
        self._num_before = self._num_noted = read_lost(lost) if lost is not None else 0
        self._noted_s = -math.inf
        self.num_refused = 0
        """Handed over while as many as may wait were waiting."""
        self.num_failed = 0
        """The file system would not take them until the end."""
        # Not a Queue: its lock could be held by a thread that is not scheduled just now.
        self._waiting: SimpleQueue[Transition | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    @property
    def offset(self) -> JournalOffset:
        """The end of what has been written."""
        return self._writer.offset

    @property
    def num_waiting(self) -> int:
        """Handed over and not written yet."""
        return self._waiting.qsize()

    @property
    def num_lost(self) -> int:
        """What could not be kept, also before this start where it was noted."""
        return self._num_before + self.num_refused + self.num_failed

    def state(self) -> dict[str, int]:
        """Return the counts, for people."""
        return {
            "num_records": self.offset.num_records,
            "num_waiting": self.num_waiting,
            "num_lost": self.num_lost,
        }

    def put(self, transition: Transition) -> bool:
        """Hand a transition over; return whether there was room. Never blocks, never raises."""
        if self._waiting.qsize() >= self._capacity or self._is_closing.is_set():
            self.num_refused += 1
            return False
        self._waiting.put(transition)
        return True

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Write what waits, as far as the disk and the time allow; the rest counts as failed."""
        self._waiting.put(None)
        self._thread.join(timeout_s)
        self._is_closing.set()
        self._thread.join(CLOSE_S)

    def _work(self) -> None:
        while (transition := self._waiting.get()) is not None:
            self._append(transition)
            self._note_losses()
        try:
            self._writer.close()
        except (JournalError, DiskFullError, OSError) as error:
            self._tell_of(error)
        finally:
            self._noted_s = -math.inf
            self._note_losses()
            self._holding.close()

    def _append(self, transition: Transition) -> None:
        while not self._is_kept(transition):
            if self._is_closing.is_set():
                self.num_failed += 1
                return
            self._note_losses()
            self._nap(disk.RETRY_S)

    def _is_kept(self, transition: Transition) -> bool:
        num_before = self._writer.num_records
        try:
            self._writer.append(transition)
        except (JournalError, DiskFullError, OSError) as error:
            self._tell_of(error)
            # Where only forcing it onto the disk failed, it must not be added again.
            return self._writer.num_records > num_before
        if self._tell.last:
            self._tell("journal: it can be written again")
            self._tell.forget()
        return True

    def _note_losses(self) -> None:
        num_lost, now_s = self.num_lost, time.monotonic()
        if self._lost is None or num_lost == self._num_noted or now_s < self._noted_s + NOTE_S:
            return
        self._noted_s = now_s
        # The disk may be what is in trouble: then the next time does it.
        with suppress(OSError):
            write_lost(self._lost, num_lost)
            self._num_noted = num_lost

    def _tell_of(self, error: Exception) -> None:
        self._tell(f"journal: {error}; tries again every {disk.RETRY_S:g} s")

    def _nap(self, duration_s: float) -> None:
        self._is_closing.wait(duration_s)
