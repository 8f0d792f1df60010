"""The newest episodes of a run, which go into its metrics as well."""

from __future__ import annotations

from rl_agent.tasks.episode_summary import EpisodeSummary, RecentEpisodes

from .metrics import MetricsWriter


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
