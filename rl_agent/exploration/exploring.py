"""How a robot that learns live tries things out, as it is told to the process that acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .registry import DEFAULT_EXPLORE_UNTIL, DEFAULT_HORIZON, DEFAULT_THETA, Exploration


@dataclass(frozen=True, kw_only=True)
class Exploring:
    """Torch-free: numbers and words, each a parameter of the same name."""

    exploration: Exploration | Literal[""] = "sampled"
    """What drives the policy's Gaussian; empty takes its mean."""
    exploration_theta: float = DEFAULT_THETA
    """Of Ornstein-Uhlenbeck noise [1/step]."""
    exploration_horizon: int = DEFAULT_HORIZON
    """Of pink noise: steps in a sequence."""
    is_noise_last: bool = False
    """Whether noise is added to the action, as deterministic policies do, instead of ahead of
    tanh, which makes it small where the policy is sure."""
    random_hold: int = 1
    """Policy periods for which a random action is held, before there is a policy."""
    explore_until: float = DEFAULT_EXPLORE_UNTIL
    """Share of success at which exploration has faded to nothing; from half of that it is less and
    less. Above 1 some of it always stays."""
