"""Does something at the moment that is noted: on a busy machine the two could lie far apart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .. import realtime


@contextlib.contextmanager
def prompt() -> Iterator[None]:
    """Hold real-time priority, where that is permitted, for what is done within."""
    realtime.use_fifo()
    try:
        yield
    finally:
        realtime.use_ordinary()
