"""One benchmark at a time in a folder, its workers included."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rl_agent.exceptions import Problem, ProblemsError

LOCK_FILE = ".lock"
WAIT_S = 20.0
"""Workers of a benchmark that was killed notice, and end, well within this."""
_LOOK_S = 0.1


@contextmanager
def hold(out: Path, wait_s: float = WAIT_S) -> Iterator[int]:
    """Keep others out; yields a descriptor that workers inherit, and hold the lock with.

    Raises:
        ProblemsError: Another benchmark works here.
    """
    descriptor = os.open(out / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if not _lock(descriptor, time.monotonic() + wait_s):
            message = "another benchmark works here; wait for it, or choose another folder"
            raise ProblemsError(str(out), [Problem("--out", message)])
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, deadline_s: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(_LOOK_S)
        else:
            return True
