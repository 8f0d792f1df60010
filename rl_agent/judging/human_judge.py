"""A person who looks on, and says success or failure."""

from __future__ import annotations

from rl_agent.types import Transition

from .judge import HUMAN


class HumanJudge:
    """A `Judge`: what is said holds for the next step that it is asked about."""

    name = HUMAN
    speaks_late = True

    def __init__(self) -> None:
        self._said: bool | None = None

    def say(self, is_success: bool) -> None:
        """Take a person's word; a later one replaces it."""
        self._said = is_success

    def look(self, transition: Transition) -> bool | None:
        """Return what was said since, once."""
        del transition
        said, self._said = self._said, None
        return said

    def forget(self) -> None:
        """Drop what nobody asked about."""
        self._said = None
