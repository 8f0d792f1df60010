"""Folders that are replaced whole or not at all, whenever the writer is killed.

`NAME` is made in `.NAME.<8 letters>.replacing/new`, and what it replaces waits beside it in `old`.
Whoever next writes a folder of the same parent clears away what a killed writer left.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .disk import fsync_directory, write_durably

_WORK = re.compile(r"\.(?P<name>.+)\.[a-z0-9_]{8}\.replacing")


def replace_folder(final: Path, files: Mapping[str, bytes]) -> None:
    """Make `final` a folder of exactly these files, durably; if it fails, the old one stays.

    Parents are made. Several processes may write into one parent at a time; of two that replace
    the same folder, one may fail, and the folder is the other's, whole.

    Raises:
        OSError: It failed, for example for want of room.
    """
    final = final.absolute()
    final.parent.mkdir(parents=True, exist_ok=True)
    with _at_work_in(final.parent):
        prefix = f".{final.name}."
        work = Path(tempfile.mkdtemp(dir=final.parent, prefix=prefix, suffix=".replacing"))
        try:
            new = work / "new"
            new.mkdir()
            for name, data in files.items():
                write_durably(new / name, data)
            if final.exists():
                final.rename(work / "old")
            new.rename(final)
            fsync_directory(final.parent)
        finally:
            _clear(work, final)


@contextmanager
def _at_work_in(parent: Path) -> Iterator[None]:
    """Clear away what killed writers left, unless another is at work, and then be at work."""
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Writers share the lock and clearing needs it alone, so nobody's work is cleared away. Each
        # has a name of its own, so nobody waits for another either.
        if _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _clear_all(parent)
        _lock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how)
    except OSError:  # another's, or a network's file system without locks: nothing is cleared there
        return False
    return True


def _clear_all(parent: Path) -> None:
    for path in list(parent.iterdir()):
        if match := _WORK.fullmatch(path.name):
            # What cannot be cleared away, for example another user's, must not stop a writer.
            with suppress(OSError):
                _clear(path, parent / match["name"])


def _clear(work: Path, final: Path) -> None:
    """Remove a writer's work, after what it took away is back where nothing came in its place."""
    old = work / "old"
    # Without `new`, it had come; whoever removed it since meant to.
    if old.exists() and (work / "new").exists() and not final.exists():
        old.rename(final)
        fsync_directory(final.parent)
    shutil.rmtree(work, ignore_errors=True)
