"""Who says whether an episode was a success, where it is not the task."""

from __future__ import annotations

from typing import Protocol

from rl_agent.types import Transition

TASK, HUMAN = "task", "human"
"""Judges that need no file."""


class Judge(Protocol):
    """Looks on step by step. A verdict ends the episode, and is all that it earns."""

    name: str
    """Who: stands with each of its labels."""
    speaks_late: bool
    """Whether it may speak of an episode that is over, until the next one begins."""

    def look(self, transition: Transition) -> bool | None:
        """Return whether this step brought success or failure; None to go on."""
        ...

    def forget(self) -> None:
        """Note that what comes next is another episode."""
        ...
