"""Writes that survive a power failure, and a disk that is full for a while.

The first by temporary name, fsync, rename, fsync of the directory; the second by waiting.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rl_agent.exceptions import DiskFullError

RETRY_S = 2.0
"""Between two tries; after Ctrl-C it ends at the next one."""
_FULL = (errno.ENOSPC, errno.EDQUOT)

WhenFull = Callable[[Callable[[], None], Path, int], None]
"""(write, path, num_bytes): runs `write`, which must be repeatable. May wait for room and run it
again; else raises its OSError. Path and size are what people are told of."""


def refuse(write: Callable[[], None], path: Path, num_bytes: int) -> None:
    """Try once."""
    del path, num_bytes
    write()


@dataclass(frozen=True)
class WaitForRoom:
    """Where a disk is full, says so once and tries again until there is room."""

    should_stop: Callable[[], bool]
    on_message: Callable[[str], None]
    sleep: Callable[[float], object] = time.sleep

    def __call__(self, write: Callable[[], None], path: Path, num_bytes: int) -> None:
        """Carry out `write`.

        Raises:
            DiskFullError: A stop was asked for while there was no room.
            OSError: It failed for another reason.
        """
        has_waited = False
        while not self._is_done(write):
            if not has_waited:
                self.on_message(_no_room(path, num_bytes))
            has_waited = True
            if self.should_stop():
                raise DiskFullError(f"stopped while the disk was full: {path} was not written")
            self.sleep(RETRY_S)
        if has_waited:
            self.on_message(f"there is room again: {path} is written, and training goes on")

    def _is_done(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError as error:
            if error.errno in _FULL:
                return False
            raise
        return True


def append_whole(file: BinaryIO, data: bytes | memoryview, position: int) -> None:
    """Append all of `data` to an unbuffered file that ends at `position`, or none of it.

    Raises:
        OSError: It could not be written, for example for want of room.
    """
    try:
        written = file.write(data)
        if written != len(data):
            raise OSError(errno.ENOSPC, f"{written} of {len(data)} bytes were written")
    except OSError:
        file.truncate(position)
        raise


def _no_room(path: Path, num_bytes: int) -> str:
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    free = shutil.disk_usage(folder).free
    return (
        f"DISK FULL, training waits: {path} needs {_size(num_bytes)}, {_size(free)} are free;"
        f" make room, and it goes on by itself (tries every {RETRY_S:g} s, Ctrl-C ends)"
    )


def _size(num_bytes: int) -> str:
    if num_bytes < 1e6:
        return f"{num_bytes / 1e3:.1f} kB"
    return f"{num_bytes / 1e6:.1f} MB"


def fsync_file(path: Path) -> None:
    """Force a file onto the disk, whoever writes it: who may open a file may sync it."""
    _fsync(path)


def fsync_directory(directory: Path) -> None:
    """Force a directory's entries onto the disk."""
    _fsync(directory)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Replace `path` at once: readers, also after a power loss, see the old content or the new.

    Raises:
        OSError: It failed, the old content stays, and `filename` is the path that was asked for.
    """
    # A name of its own: two processes may write the same file.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise
    fsync_directory(path.parent)
