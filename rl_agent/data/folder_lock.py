"""One process at a time in a folder; the system lets go of it when the holder ends, however."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rl_agent.exceptions import SurefootError

LOCK_FILE = ".lock"
_LOOK_S = 0.1


@contextmanager
def hold_folder(folder: Path, busy: SurefootError, wait_s: float = 0.0) -> Iterator[int]:
    """Keep others out; yields a descriptor, with which a child that inherits it holds on too.

    Args:
        folder: It exists.
        busy: Raised where another process holds it.
        wait_s: For how long to try.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if not _lock(descriptor, time.monotonic() + wait_s):
            raise busy
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
