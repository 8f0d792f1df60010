"""Who says whether an episode was a success, if the task itself does not."""

from __future__ import annotations

from typing import Protocol

from rl_agent.types import Transition

TASK, HUMAN = "task", "human"
"""Judges that need no file."""


class Judge(Protocol):
    """Looks on step by step. A verdict ends the episode, and alone decides on its reward."""

    name: str
    """Who judges; written into each of its labels."""
    speaks_late: bool
    """Whether it may speak of an episode that is over, until the next one begins."""

    def look(self, transition: Transition) -> bool | None:
        """Return True where this step is a success, False for a failure, None to go on."""
        ...

    def forget(self) -> None:
        """Note that another episode begins: what was seen or said so far no longer counts."""
        ...
