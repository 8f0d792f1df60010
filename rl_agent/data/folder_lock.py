"""One process at a time in a folder; the system lets go of it when the holder ends, however."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from rl_agent.exceptions import BusyError, SurefootError

LOCK_FILE = ".lock"
PATIENCE_S = 3.0
"""For a predecessor that was killed a moment ago."""
_LOOK_S = 0.05
_UNKNOWN = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""Some network's file systems have no locks; what worked there goes on working."""


@contextmanager
def hold_folder(
    folder: Path, busy: Callable[[str], SurefootError], *, patience_s: float = 0.0
) -> Iterator[None]:
    """Keep others out of a folder that exists.

    Args:
        folder: The folder.
        busy: Makes the error to raise where another holds it, of who that is: "process 1234".
        patience_s: How long to try.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        deadline_s = time.monotonic() + patience_s
        while not _is_taken(descriptor):
            if time.monotonic() >= deadline_s:
                raise busy(_holder(descriptor))
            time.sleep(_LOOK_S)
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def hold_run(run_dir: Path) -> AbstractContextManager[None]:
    """Keep other trainings and learners out of a run's folder.

    Raises:
        BusyError: One is at work there.
    """
    return _hold(run_dir, "trains or learns here")


def hold_journal(directory: Path) -> AbstractContextManager[None]:
    """Keep other writers out of a journal's folder, which is made if it is not there.

    Raises:
        BusyError: One is at work there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    return _hold(directory, "writes this journal")


def _hold(folder: Path, work: str) -> AbstractContextManager[None]:
    def busy(holder: str) -> BusyError:
        way_out = "end it, or wait for its end, or choose another folder"
        return BusyError(f"{folder}: {holder} {work}; {way_out}")

    return hold_folder(folder, busy, patience_s=PATIENCE_S)


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
    return True


def _sign(descriptor: int) -> None:
    # On a full disk nobody learns who it is; the folder is held all the same.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 32, 0).strip()
    return f"process {int(text)}" if text.isdigit() else "another process"
