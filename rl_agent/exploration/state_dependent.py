"""Noise that is a function of the state: the same state is pushed the same way (gSDE).

(Raffin, Kober & Stulp, "Smooth Exploration for Robotic Reinforcement Learning", 2021,
arXiv:2005.05719.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.types import FloatArray

from .noise import NO_FEATURES, Noise

CONSTANT = 1e-3
"""Stands beside the features, so that features which are all zero point somewhere too."""


class StateDependentNoise(Noise):
    """weights^T phi, with phi the policy's features scaled to length one.

    Weights are standard Gaussians, drawn anew every few steps. Over draws each step therefore has
    standard deviation 1, whatever the features: the policy's spread stays what its density says.
    The paper scales features by a learned spread instead, which a policy here has already. Two
    steps of one draw go together as the cosine between their features.
    """

    uses_features = True

    def __init__(self, dim: int, rng: np.random.Generator, *, resample: int) -> None:
        """Make a process whose weights last `resample` steps; 0 for an episode."""
        super().__init__(dim, rng)
        self._resample = resample
        self._weights: FloatArray | None = None
        self._age = 0

    def sample(self, features: FloatArray = NO_FEATURES) -> FloatArray:
        """Return (dim,), the next step's, where the policy sees `features` (F,)."""
        phi = np.append(features, np.float32(CONSTANT))
        if self._weights is None or (self._resample and self._age >= self._resample):
            shape = (len(phi), self.dim)
            self._weights, self._age = self.rng.standard_normal(shape, dtype=np.float32), 0
        self._age += 1
        return (phi @ self._weights) / np.linalg.norm(phi)

    def get_state(self) -> dict[str, Any]:
        """Return the weights and their age [steps]."""
        return {} if self._weights is None else {"weights": self._weights.copy(), "age": self._age}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken; begin an episode if it is empty."""
        self._weights = state["weights"].copy() if state else None
        self._age = int(state.get("age", 0))
