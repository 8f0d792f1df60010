"""Episodes that are over, and what the newest came to on average."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

ROLLING_EPISODES = 20


@dataclass(frozen=True)
class EpisodeSummary:
    """One finished episode."""

    episode_return: float
    num_steps: int
    is_success: bool | None
    """At its end; None where nobody tells."""


class RecentEpisodes:
    """The last `ROLLING_EPISODES`."""

    def __init__(self) -> None:
        """Start without any."""
        self._episodes: deque[EpisodeSummary] = deque(maxlen=ROLLING_EPISODES)

    def add(self, episode: EpisodeSummary) -> None:
        """Take in one that ended."""
        self._episodes.append(episode)

    @property
    def mean_return(self) -> float | None:
        """None before the first one ended."""
        returns = [episode.episode_return for episode in self._episodes]
        return float(np.mean(returns)) if returns else None

    @property
    def success_rate(self) -> float | None:
        """None before the first one ended; what cannot be told counts as none."""
        successes = [bool(episode.is_success) for episode in self._episodes]
        return float(np.mean(successes)) if successes else None
