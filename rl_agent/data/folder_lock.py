"""One process at a time in a folder; the system lets go of it when the holder ends, however."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rl_agent.exceptions import SurefootError

LOCK_FILE = ".lock"


@contextmanager
def hold_folder(folder: Path, busy: SurefootError) -> Iterator[None]:
    """Keep others out of a folder that exists; `busy` is raised where another process holds it."""
    descriptor = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise busy from None
    else:
        yield
    finally:
        os.close(descriptor)
