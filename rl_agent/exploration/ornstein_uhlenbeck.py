"""Noise that drifts back to 0: dx = -theta x dt + sigma dW (Uhlenbeck & Ornstein 1930).

Lillicrap et al. 2016 explore with theta = 0.15 per step and sigma = 0.2, whose standard deviation,
sigma / sqrt(2 theta), is 0.37.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rl_agent.types import Array, FloatArray

from .noise import NO_FEATURES, Noise


class OrnsteinUhlenbeckNoise(Noise):
    """x' = e^-theta x + sqrt(1 - e^(-2 theta)) w: the exact step, whatever theta is.

    The first step of an episode is drawn from where the process ends up in the long run, so that
    it is spread alike from the beginning.
    """

    def __init__(self, dim: int, rng: np.random.Generator, *, theta: float) -> None:
        """Make a process that forgets at the rate `theta` > 0 [1/step]."""
        super().__init__(dim, rng)
        self._decay = math.exp(-theta)
        # expm1 keeps its digits where theta is small.
        self._spread = math.sqrt(-math.expm1(-2.0 * theta))
        self._x: Array | None = None

    def sample(self, features: FloatArray = NO_FEATURES) -> FloatArray:
        """Return (dim,), the next step's."""
        fresh = self.rng.standard_normal(self.dim)
        self._x = fresh if self._x is None else self._decay * self._x + self._spread * fresh
        return self._x.astype(np.float32)

    def get_state(self) -> dict[str, Any]:
        """Return where the process is."""
        return {} if self._x is None else {"x": self._x.copy()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken; begin an episode if it is empty."""
        self._x = state["x"].copy() if state else None
