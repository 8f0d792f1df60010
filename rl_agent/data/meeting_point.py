"""Where a robot in lock-step waits for its learner: a file that says how far that has come."""

from __future__ import annotations

import json
from pathlib import Path

from .disk import write_durably

LEARNED = "learned.json"
"""Beside a live run's journal."""


class MeetingPoint:
    """The learner tells, the robot asks; both know files alone."""

    def __init__(self, run_dir: Path, every: int) -> None:
        """Meet every so many steps, in the run's folder."""
        self._path = run_dir / LEARNED
        self.every = every

    def tell(self, env_step: int) -> None:
        """Say that all that these steps allow is learned, and published if it is due."""
        write_durably(self._path, (json.dumps({"env_step": env_step}) + "\n").encode())

    def is_past(self, env_step: int) -> bool:
        """Tell whether the learner is so far."""
        try:
            return int(json.loads(self._path.read_text())["env_step"]) >= env_step
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def last(self, env_step: int) -> int:
        """Return the last step, up to this one, at which they meet."""
        return env_step - env_step % self.every
