"""Noise by name."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .noise import Noise
from .ornstein_uhlenbeck import OrnsteinUhlenbeckNoise
from .pink import PinkNoise
from .white import WhiteNoise

Exploration = Literal["sampled", "gaussian", "ou", "pink"]
"""White noise is called *sampled* where a policy has a spread of its own, else *gaussian*."""


def make_noise(
    kind: Exploration, dim: int, rng: np.random.Generator, *, theta: float, horizon: int
) -> Noise:
    """Return a process just reset.

    Args:
        kind: Which.
        dim: Components.
        rng: Where it is drawn from.
        theta: Of Ornstein-Uhlenbeck noise [1/step].
        horizon: Steps in a sequence of pink noise.
    """
    if kind == "ou":
        return OrnsteinUhlenbeckNoise(dim, rng, theta=theta)
    if kind == "pink":
        return PinkNoise(dim, rng, horizon=horizon)
    return WhiteNoise(dim, rng)
