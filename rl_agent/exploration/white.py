"""Noise without memory: each step is drawn afresh."""

from __future__ import annotations

import numpy as np

from rl_agent.types import FloatArray

from .noise import NO_FEATURES, Noise


class WhiteNoise(Noise):
    """Independent standard Gaussians."""

    def sample(self, features: FloatArray = NO_FEATURES) -> FloatArray:
        """Return (dim,), the next step's."""
        return self.rng.standard_normal(self.dim, dtype=np.float32)
