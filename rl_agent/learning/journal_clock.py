"""Robot time, as a journal tells it: how long its rows lasted."""

from __future__ import annotations

from rl_agent.data.journal_follower import JournalFollower


class JournalClock:
    """A `Clock` that goes on with the rows that were taken in, and is the same in every run."""

    def __init__(self, follower: JournalFollower, policy_hz: float) -> None:
        self._follower = follower
        self._policy_hz = policy_hz

    def now(self) -> float:
        """Return the seconds that all rows so far lasted, one policy period each."""
        return self._follower.offset.num_records / self._policy_hz
