"""Where a live learner's rows come from: the journal beside it, or copies of several robots'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from rl_agent.clock import Clock, SteadyClock
from rl_agent.data.journal import JournalOffset
from rl_agent.tasks.episode_summary import EpisodeSummary, RecentEpisodes
from rl_agent.tasks.episode_tally import EpisodeTally


class RowFeed(Protocol):
    """Hands rows over, each once: a `JournalFollower`, one in batches, or a `MergedJournal`."""

    @property
    def num_damaged(self) -> int:
        """Records passed by whose checksum does not hold."""
        ...

    @property
    def offset(self) -> JournalOffset:
        """The end of what was handed over, in the run's own journal."""
        ...

    def read(self) -> np.ndarray:
        """Return the next rows (N,); none if there are none yet."""
        ...

    def sync(self) -> None:
        """Force onto the disk what was read."""
        ...


class Tally(Protocol):
    """Counts episodes in rows."""

    def take(self, rows: np.ndarray) -> list[EpisodeSummary]:
        """Return the episodes that end within rows (N,), in order."""
        ...


def no_sources() -> dict[str, Any]:
    """Return what a learner beside its robot notes of others: nothing."""
    return {}


@dataclass
class RobotEpisodes:
    """One robot's."""

    tally: EpisodeTally
    num_episodes: int = 0
    """Since this learner's start."""
    newest: RecentEpisodes = field(default_factory=RecentEpisodes)


class RobotTallies:
    """A tally for each robot: an episode's rows are one robot's, whatever comes between them."""

    def __init__(self, make_tally: Callable[[str], EpisodeTally], whose: Callable[[], str]) -> None:
        """Count; `make_tally` is given a robot's name, `whose` names that of the next rows."""
        self._make_tally, self._whose = make_tally, whose
        self.robots: dict[str, RobotEpisodes] = {}

    def take(self, rows: np.ndarray) -> list[EpisodeSummary]:
        """Return the episodes that end within rows (N,) of one robot, in order."""
        robot_id = self._whose()
        if robot_id not in self.robots:
            self.robots[robot_id] = RobotEpisodes(self._make_tally(robot_id))
        robot = self.robots[robot_id]
        ended = robot.tally.take(rows)
        robot.num_episodes += len(ended)
        for episode in ended:
            robot.newest.add(episode)
        return ended


@dataclass(frozen=True)
class Feed:
    """Rows, and what belongs to them."""

    rows: RowFeed
    tally: Tally
    sources: Callable[[], dict[str, Any]] = no_sources
    """How far each of several robots was taken in; goes into the checkpoint."""
    close: Callable[[], None] = lambda: None
    clock: Clock = field(default_factory=SteadyClock)
    """The learner's."""
    meet: Callable[[int], None] | None = None
    """In lock-step: is told the env_step up to which all is learned and published that is due."""
