"""Episodes of a robot whose learner is elsewhere, from its journal: nobody else tells here."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np

from rl_agent.data.journal import JournalReader
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.exceptions import JournalError

NUM_EPISODES = 20
"""In a mean, as the learner's."""


class EpisodeWatch:
    """Reads on whenever it is asked; a journal that does not hold is left alone from then on."""

    def __init__(self, journal: Path) -> None:
        """Look at nothing yet: the robot may still have to begin."""
        self._journal = journal
        self._follower: JournalFollower | None = None
        self._is_lost = False
        self._return = 0.0
        self._returns: deque[float] = deque(maxlen=NUM_EPISODES)
        self.num_episodes = 0

    def text(self) -> str:
        """Return how many there were, and what the last ones earned."""
        if not self._is_lost:
            try:
                self._read()
            except (JournalError, OSError):
                self._is_lost = self._follower is not None
        if not self._returns:
            return "-"
        mean = float(np.mean(self._returns))
        return f"{self.num_episodes}, return {mean:.2f}; the learner knows of success"

    def _read(self) -> None:
        if self._follower is None:
            layout = JournalReader(self._journal).layout
            self._follower = JournalFollower(self._journal, layout)
        rows = self._follower.read()
        ends = np.flatnonzero(rows["terminated"] | rows["truncated"]) + 1
        rewards = np.nan_to_num(rows["reward"].astype(np.float64), posinf=0.0, neginf=0.0)
        *episodes, rest = np.split(rewards, ends)
        for episode in episodes:
            self._returns.append(self._return + float(episode.sum()))
            self._return = 0.0
            self.num_episodes += 1
        self._return += float(rest.sum())
