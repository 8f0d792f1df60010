"""The newest episodes, and what they came to on average."""

from __future__ import annotations

from collections import deque

import numpy as np

from .env_adapter import EpisodeSummary
from .metrics import MetricsWriter

ROLLING_EPISODES = 20


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


class NotedEpisodes(RecentEpisodes):
    """Those of a run, each of which goes into its metrics as well."""

    def __init__(self, metrics: MetricsWriter) -> None:
        """Start without any."""
        super().__init__()
        self._metrics = metrics

    def note(self, episode: EpisodeSummary, env_step: int) -> None:
        """Take in one that ended at this environment step."""
        self.add(episode)
        values = {"return": episode.episode_return, "num_steps": episode.num_steps}
        if episode.is_success is not None:
            values["is_success"] = int(episode.is_success)
        self._metrics.write("episode", env_step, values)
