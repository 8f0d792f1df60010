"""Noise by name."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .noise import Noise
from .ornstein_uhlenbeck import OrnsteinUhlenbeckNoise
from .pink import PinkNoise
from .repeated import RepeatedNoise
from .state_dependent import StateDependentNoise
from .white import WhiteNoise

Exploration = Literal["sampled", "gaussian", "ou", "pink", "gsde", "repeated"]
"""White noise is called *sampled* where a policy has a spread of its own, else *gaussian*."""

DEFAULT_THETA, DEFAULT_HORIZON = 0.15, 1000
"""Of Ornstein-Uhlenbeck noise [1/step], and of pink noise [steps]."""
DEFAULT_EXPLORE_UNTIL = 0.95
"""Share of success at which a robot that learns live no longer explores."""


def make_noise(
    kind: Exploration,
    dim: int,
    rng: np.random.Generator,
    *,
    theta: float,
    horizon: int,
    resample: int,
) -> Noise:
    """Return a process just reset.

    Args:
        kind: Which.
        dim: Components.
        rng: Where it is drawn from.
        theta: Of Ornstein-Uhlenbeck noise [1/step].
        horizon: Steps in a sequence of pink noise.
        resample: Steps for which the weights of gsde last; 0 for an episode.
    """
    if kind == "ou":
        return OrnsteinUhlenbeckNoise(dim, rng, theta=theta)
    if kind == "pink":
        return PinkNoise(dim, rng, horizon=horizon)
    if kind == "gsde":
        return StateDependentNoise(dim, rng, resample=resample)
    if kind == "repeated":
        return RepeatedNoise(dim, rng)
    return WhiteNoise(dim, rng)
