"""The one place where a bonus meets a reward: in batches, never in what is stored."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from rl_agent.data.batch import Batch
from rl_agent.data.replay import Replay
from rl_agent.data.sum_tree import Indices
from rl_agent.types import FloatArray, Transition

from .bonus import Bonus
from .bonus_config import BonusConfig

CLIP = 5.0
"""Largest bonus of a row, times the usual one."""
SCALE_RATE = 0.01
"""How fast the usual bonus follows, per draw: the first ones come from fresh networks."""


class BonusReplay:
    """A `Replay` whose batches' rewards are r + coef * min(b / s, 5).

    b is the bonus by what is known now, s its running root mean square. A row of several steps gets
    one bonus: a task's reward is summed over them, what is new is told once.
    """

    def __init__(self, own: Replay, bonus: Bonus, config: BonusConfig) -> None:
        """Raise the rewards of `own`."""
        self.own, self.bonus, self.config = own, bonus, config
        self.mean_bonus = 0.0
        self._env_step = 0
        # Of the draws so far: their number, and the decaying average of the mean square.
        self._num_draws, self._mean_square = 0, 0.0

    def __len__(self) -> int:
        return len(self.own)

    @property
    def num_quarantined(self) -> int:
        """Own rows refused so far."""
        return self.own.num_quarantined

    def add(self, transition: Transition) -> None:
        """Store one transition, unless it is refused, and get to know where it led."""
        self.own.add(transition)
        self._get_to_know(transition.next_obs[None])

    def add_rows(self, rows: np.ndarray) -> None:
        """Store rows (N,) in order; the same as one at a time."""
        self.own.add_rows(rows)
        self._get_to_know(rows["next_obs"])

    def clear(self) -> None:
        """Forget own experience."""
        self.own.clear()

    def sample(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """Draw, tell how new each row is, and learn from them afterwards."""
        batch = self.own.sample(batch_size, rng)
        newness = self.bonus.measure(batch)
        share = np.minimum(newness / self._usual(newness), CLIP)
        bonus = (self.config.coef_at(self._env_step) * share).astype(np.float32)
        self.mean_bonus = float(bonus.mean())
        self.bonus.learn(batch, rng)
        return replace(batch, reward=batch.reward + bonus)

    def update_priorities(self, index: Indices, td_error: FloatArray) -> None:
        """Pass on how wrong the critics were, bonus included."""
        self.own.update_priorities(index, td_error)

    def get_state(self) -> dict[str, Any]:
        """Return the state of own experience, and what is known of it."""
        return {
            "own": self.own.get_state(),
            "bonus": self.bonus.get_state(),
            "env_step": self._env_step,
            "num_draws": self._num_draws,
            "mean_square": self._mean_square,
            "mean_bonus": self.mean_bonus,
        }

    def set_state(self, state: dict[str, Any] | None) -> str:
        """Go on where `get_state` was taken; return what differs since then, or ""."""
        if state is None or "bonus" not in state:
            return "there was no bonus before: all is new again"
        self.bonus.set_state(state["bonus"])
        self._env_step, self._num_draws = state["env_step"], state["num_draws"]
        self._mean_square, self.mean_bonus = state["mean_square"], state["mean_bonus"]
        return self.own.set_state(state["own"])

    def _get_to_know(self, next_obs: FloatArray) -> None:
        self._env_step += len(next_obs)
        self.bonus.observe(next_obs[np.isfinite(next_obs).all(axis=1)])

    def _usual(self, newness: FloatArray) -> float:
        """Take a draw into the running mean square and return its root, above 0."""
        self._num_draws += 1
        mean_square = float(np.square(newness, dtype=np.float64).mean())
        # A plain average at first: nothing is known yet that could be forgotten.
        rate = max(SCALE_RATE, 1.0 / self._num_draws)
        self._mean_square += rate * (mean_square - self._mean_square)
        return max(math.sqrt(self._mean_square), 1e-12)
