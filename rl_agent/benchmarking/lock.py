"""One benchmark at a time in a folder, its workers included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rl_agent.data.folder_lock import hold_folder
from rl_agent.exceptions import Problem, ProblemsError

WAIT_S = 20.0
"""Workers of a benchmark that was killed notice, and end, well within this."""


@contextmanager
def hold(out: Path, wait_s: float = WAIT_S) -> Iterator[int]:
    """Keep others out; yields a descriptor that workers inherit, and hold the lock with.

    Raises:
        ProblemsError: Another benchmark works here.
    """
    message = "another benchmark works here; wait for it, or choose another folder"
    busy = ProblemsError(str(out), [Problem("--out", message)])
    with hold_folder(out, busy, wait_s) as descriptor:
        yield descriptor
