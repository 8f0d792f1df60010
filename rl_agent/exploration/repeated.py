"""Noise that is held for a few steps, mostly for one and now and then for long.

(Kim et al., "FlashSAC", 2026, arXiv:2604.04539; after Dabney, Ostrovski & Barreto,
"Temporally-Extended epsilon-Greedy Exploration", 2021.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.types import Array, FloatArray

from .noise import NO_FEATURES, Noise

EXPONENT = 2.0
MOST_STEPS = 16
"""FlashSAC's: n steps are as likely as n^-2, up to 16. Their mean is 2.1."""


def cumulative_durations() -> Array:
    """Return (MOST_STEPS,), the probability of at most 1, 2, ... steps."""
    power = np.arange(1, MOST_STEPS + 1) ** -EXPONENT
    return np.cumsum(power) / power.sum()


class RepeatedNoise(Noise):
    """One standard Gaussian, until its time is over and another one is drawn."""

    def __init__(self, dim: int, rng: np.random.Generator) -> None:
        super().__init__(dim, rng)
        self._cumulative = cumulative_durations()
        self._held = np.zeros(dim, np.float32)
        self._steps_left = 0

    def sample(self, features: FloatArray = NO_FEATURES) -> FloatArray:
        """Return (dim,), the next step's."""
        if self._steps_left == 0:
            self._held = self.rng.standard_normal(self.dim, dtype=np.float32)
            # The last entry may round to less than 1, and a draw may lie above it.
            shorter = self._cumulative[:-1] <= self.rng.random()
            self._steps_left = 1 + int(shorter.sum())
        self._steps_left -= 1
        return self._held.copy()

    def get_state(self) -> dict[str, Any]:
        """Return what is held, and for how many more steps."""
        if self._steps_left == 0:
            return {}
        return {"held": self._held.copy(), "steps_left": self._steps_left}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken; begin an episode if it is empty."""
        self._steps_left = int(state.get("steps_left", 0))
        if state:
            self._held = state["held"].copy()
