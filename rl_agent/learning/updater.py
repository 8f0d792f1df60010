"""Takes experience in and trains an agent on it, as much as is due; where it comes from is open."""

from __future__ import annotations

import numpy as np

from rl_agent.algorithms.agent import Agent
from rl_agent.data.replay import Replay
from rl_agent.types import Transition

from .config import TrainConfig
from .recent_steps import RecentSteps
from .schedule import UpdateSchedule
from .stopwatch import Stopwatch
from .value_guard import ValueGuard


class Updater:
    """Owns the schedule of updates and the generator that draws batches, and nothing else."""

    def __init__(
        self,
        config: TrainConfig,
        agent: Agent,
        replay: Replay,
        recent: RecentSteps,
        stopwatch: Stopwatch,
    ) -> None:
        self._agent, self._replay, self._recent = agent, replay, recent
        self._stopwatch = stopwatch
        self._quarantine = config.quarantine
        self._batch_size = config.agent.batch_size
        self.schedule = UpdateSchedule(
            learning_starts=config.learning_starts, utd_ratio=config.agent.utd_ratio
        )
        self.sample_rng = np.random.default_rng([config.seed, 0])
        self.guard = ValueGuard(config.agent.discount)
        self.num_skipped = 0
        """Gradient steps that were due and given up."""

    def take(self, transition: Transition) -> None:
        """Take in one step that this agent has just made, and observed."""
        self._replay.add(transition)
        self._recent.add(transition)

    def take_rows(self, rows: np.ndarray) -> None:
        """Take in steps (N,) that somebody else made: their observations are news as well."""
        self._replay.add_rows(rows)
        self._recent.add_rows(rows)
        for obs in rows["obs"][self._quarantine.allows_obs(rows["obs"])]:
            self._agent.observe(obs)
        is_last = rows["terminated"] | rows["truncated"]
        for reward, is_end in zip(rows["reward"].tolist(), is_last.tolist(), strict=True):
            self.note_reward(reward, is_last=is_end)

    def note_reward(self, reward: float, *, is_last: bool) -> None:
        """Take a step's reward into the statistics that algorithms and the guard keep."""
        # A row with another reward is quarantined, and one NaN would spoil statistics for good.
        if self._quarantine.allows_reward(reward):
            # As the critics see it: rewards in batches include the bonus.
            raised = reward + self._replay.mean_bonus
            self._agent.observe_reward(raised, is_last=is_last)
            self.guard.note_reward(raised)

    def num_due(self, env_step: int) -> int:
        """Return how many gradient steps `env_step` steps of experience still allow."""
        num_done = self._agent.gradient_step + self.num_skipped
        return self.schedule.num_due(env_step, num_done) if len(self._replay) else 0

    def update(self, num_updates: int) -> None:
        """Take gradient steps, on batches that are drawn at once."""
        if num_updates == 0:
            return
        with self._stopwatch.measure("sample"):
            size = num_updates * self._batch_size
            batches = self._replay.sample(size, self.sample_rng).split(num_updates)
        with self._stopwatch.measure("update"):
            for batch in batches:
                self._agent.update(batch)
                if batch.index is not None:
                    self._replay.update_priorities(batch.index, self._agent.td_error())
