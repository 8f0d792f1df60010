"""Episodes of a robot whose learner is elsewhere, from its journal: nobody else tells here."""

from __future__ import annotations

from pathlib import Path

from rl_agent.cli.live_words import episode_text
from rl_agent.data.journal import JournalReader
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.exceptions import JournalError
from rl_agent.tasks.episode_summary import RecentEpisodes
from rl_agent.tasks.episode_tally import EpisodeTally


class EpisodeWatch:
    """Reads on whenever it is asked; a journal that does not hold is left alone from then on."""

    def __init__(self, journal: Path) -> None:
        """Look at nothing yet: the robot may still have to begin."""
        self._journal = journal
        self._follower: JournalFollower | None = None
        self._is_lost = False
        self._tally = EpisodeTally(None)
        self._newest = RecentEpisodes()
        self.num_episodes = 0

    def text(self) -> str:
        """Return how many there were, and what the last ones earned."""
        if not self._is_lost:
            try:
                self._read()
            except (JournalError, OSError):
                self._is_lost = self._follower is not None
        mean = self._newest.mean_return
        if mean is None:
            return "-"
        told = episode_text({"episode": self.num_episodes, "mean_return": mean})
        return f"{told}; the learner knows of success"

    def _read(self) -> None:
        if self._follower is None:
            layout = JournalReader(self._journal).layout
            self._follower = JournalFollower(self._journal, layout)
        for episode in self._tally.take(self._follower.read()):
            self._newest.add(episode)
            self.num_episodes += 1
