"""Memory for rows: the process's own, or a file's that the operating system pages in and out."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path

import numpy as np

from .layout import TransitionLayout


def allocate_rows(layout: TransitionLayout, capacity: int, folder: Path | None) -> np.ndarray:
    """Return `capacity` zeroed rows, in memory or, with a folder, in a nameless file there.

    The file vanishes with the process, however that ends: the journal is what lasts.

    Raises:
        OSError: The disk has no room for the file.
    """
    if folder is None:
        return np.zeros(capacity, layout.row_dtype)
    num_bytes = capacity * layout.row_dtype.itemsize
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        # Reserved now: writing to a page that the disk has no room for would kill the process.
        # (macOS can't reserve; there a full disk stays a risk.)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, num_bytes)
        else:
            file.truncate(num_bytes)
        mapping = mmap.mmap(file.fileno(), num_bytes)
    # Rows are drawn at random: reading ahead would fetch what nobody wants.
    mapping.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(mapping, layout.row_dtype)
