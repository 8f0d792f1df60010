"""One benchmark at a time in a folder."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from rl_agent.data.folder_lock import hold_folder
from rl_agent.exceptions import Problem, ProblemsError


def hold(out: Path) -> AbstractContextManager[object]:
    """Keep others out.

    Raises:
        ProblemsError: Another benchmark works here.
    """

    def busy(holder: str) -> ProblemsError:
        message = f"another benchmark works here ({holder}); wait for it, or choose another folder"
        return ProblemsError(str(out), [Problem("--out", message)])

    return hold_folder(out, busy)
