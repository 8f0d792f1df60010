"""Keeps rows out of replay that would poison a network: not finite, or out of all range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import FloatArray

from .layout import TransitionLayout, floats_of


@dataclass(frozen=True, kw_only=True)
class QuarantineConfig:
    """Largest magnitudes accepted."""

    max_abs_obs: float = 1e4
    max_abs_action: float = 1.001
    max_abs_reward: float = 1e4
    max_abs_other: float = 1e6
    """Contexts, goals and shares, which are in SI units."""

    def allows_obs(self, obs: FloatArray) -> NDArray[np.bool_]:
        """Return (...), for observations (..., obs_dim), which may be learned from."""
        # NaN compares as False, so this one line covers it.
        return np.asarray((np.abs(obs) <= self.max_abs_obs).all(axis=-1))

    def allows_reward(self, reward: float) -> bool:
        """Return whether a reward may be learned from."""
        return abs(reward) <= self.max_abs_reward


class Quarantine:
    """Tells good rows from bad ones and counts the bad."""

    def __init__(self, layout: TransitionLayout, config: QuarantineConfig) -> None:
        self._layout = layout
        limits = {
            "obs": config.max_abs_obs,
            "next_obs": config.max_abs_obs,
            "action": config.max_abs_action,
            "applied_action": config.max_abs_action,
            "previous_action": config.max_abs_action,
            "reward": config.max_abs_reward,
        }
        self._limits = np.concatenate(
            [
                np.full(size, limits.get(name, config.max_abs_other), np.float32)
                for name, size in layout.float_fields
            ]
        )
        self.num_rejected = 0

    def accept(self, rows: np.ndarray) -> NDArray[np.bool_]:
        """Return (N,) which rows may be learned from."""
        is_good = (np.abs(floats_of(rows, self._layout)) <= self._limits).all(axis=1)
        self.num_rejected += len(rows) - int(is_good.sum())
        return is_good
