"""Files of bundles and of keys: read with a size limit, a bundle's never outside it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from rl_agent.data.disk import fsync_directory
from rl_agent.exceptions import BundleError

# No separators, no leading dot, nothing that a shell or a path could read differently.
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")


def is_plain_name(name: str) -> bool:
    """Tell whether `name` is a plain file name that cannot lead out of its directory."""
    return len(name) <= 100 and FILE_NAME.fullmatch(name) is not None


def read_capped(directory: Path, name: str, max_bytes: int) -> bytes:
    """Return the content of the regular file `directory/name`.

    Links, pipes and devices are refused: a link leads out of the bundle and a pipe blocks for ever.

    Raises:
        BundleError: The file is missing, not a plain file inside the directory, or too large.
    """
    if not is_plain_name(name):
        message = f"{directory}: expected a plain file name inside the bundle, found {name!r}"
        raise BundleError(message)
    return _read_plain(directory / name, max_bytes, os.O_NOFOLLOW)[0]


def version_dir(store: Path, version: int) -> Path:
    """Return the folder of a published version in a policy store's."""
    return store / "versions" / f"{version:06d}"


def write_new_private(path: Path, data: bytes) -> None:
    """Write a key into a new file that its owner alone may read, durably.

    Raises:
        BundleError: The file exists already, or cannot be written.
    """
    try:
        # Exclusive: a key that is lost cannot be made again, or is at work elsewhere.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fsync_directory(path.absolute().parent)
    except FileExistsError:
        message = "exists already, and keys are never overwritten; choose another file"
        raise BundleError(f"{path}: {message}") from None
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error.strerror}") from error


def read_private(path: Path, max_bytes: int) -> bytes:
    """Return the content of a key's file, which nobody but its owner may read or write.

    A link is followed: keys are often kept elsewhere and linked to.

    Raises:
        BundleError: It cannot be read, is no plain file, is too large, or is open to others.
    """
    try:
        data, mode = _read_plain(path, max_bytes)
    except BundleError as error:
        raise BundleError(f"{error}; give the key's own file, and one that you may read") from error
    if mode & 0o077:
        message = "others may read this key; make it yours alone (chmod 600), or make a new one"
        raise BundleError(f"{path}: {message}")
    return data


def _read_plain(path: Path, max_bytes: int, flags: int = 0) -> tuple[bytes, int]:
    """Return content and permissions of a file that is no pipe and no device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    except OSError as error:
        message = f"{path}: expected a plain file that can be read, found: {error.strerror}"
        raise BundleError(message) from error
    try:
        status = os.fstat(descriptor)  # before fdopen, which raises an error of its own at folders
        if not stat.S_ISREG(status.st_mode):
            raise BundleError(f"{path}: expected a plain file, found something else")
        if status.st_size > max_bytes:
            message = f"{path}: expected at most {max_bytes} bytes, found {status.st_size}"
            raise BundleError(message)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise BundleError(f"{path}: expected at most {max_bytes} bytes, found more")
    return data, stat.S_IMODE(status.st_mode)
