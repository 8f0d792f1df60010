"""A person who looks on, and says success or failure."""

from __future__ import annotations

from rl_agent.types import Transition

from .judge import HUMAN


class HumanJudge:
    """A `Judge`: a person's word counts for the next step that the judge is asked about."""

    name = HUMAN
    speaks_late = True

    def __init__(self) -> None:
        self._said: bool | None = None

    def say(self, is_success: bool) -> None:
        """Take a person's word; a later one replaces it."""
        self._said = is_success

    def look(self, transition: Transition) -> bool | None:
        """Return what was said since the last look; None if nothing was."""
        del transition
        said, self._said = self._said, None
        return said

    def forget(self) -> None:
        """Drop a word that no step was asked about."""
        self._said = None
