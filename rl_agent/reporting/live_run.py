"""All that a live run's page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .live_journal import Lived

Lines = Sequence[Mapping[str, Any]]
"""Of metrics.jsonl and swaps.jsonl."""
Words = Sequence[tuple[str, str]]
"""Names and values, or why and what to type."""


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """A live run's files, read, and what its last process knew."""

    folder: str
    """As typed."""
    policy_hz: float
    """Steps per second of the robot's time."""
    metrics: Lines = ()
    """In order; none where the learner is elsewhere."""
    swaps: Lines = ()
    """What became of each version, in order; none where the robots are elsewhere."""
    verdicts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """(successes, failures) by judge."""
    lived: Lived | None = None
    """None where the journal could not be read."""
    num_lost: int = 0
    """Steps that could not be kept."""
    about: Words = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Nested, as config.yaml has them."""
    last_look: Words = ()
    """The last rows of the panel."""
    next_steps: Words = ()

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.rstrip("/").rpartition("/")[2]

    @property
    def episodes(self) -> Lines:
        """What the learner noted of each, or the journal where nobody learned here."""
        noted = [line for line in self.metrics if line.get("kind") == "episode"]
        if noted or self.lived is None:
            return noted
        return [{"env_step": step, "return": value} for step, value in self.lived.episodes]

    @property
    def num_published(self) -> int:
        """Versions that the learner made."""
        return sum(line.get("kind") == "version" for line in self.metrics)

    def minutes(self, env_step: float) -> float:
        """Return the robot's time at a step, or at a tick of the policy."""
        return float(env_step) / self.policy_hz / 60.0

    def count(self, kind: str) -> int:
        """Return how many versions this became of."""
        return sum(event.get("kind") == kind for event in self.swaps)
