"""A deterministic policy in the shape that is exported: mean before tanh, and a fixed spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .actor import Actor
from .mlp import Mlp
from .squashed_gaussian import LOG_STD_MIN


class DeterministicActor(Actor):
    """A mean from a perceptron, and a constant log_std."""

    fixed_log_std: Tensor

    def __init__(
        self,
        obs_dim: int,
        act_dim: int,
        hidden_dims: Sequence[int],
        generator: torch.Generator,
        *,
        std: float,
        normalize_obs: bool = True,
    ) -> None:
        """Build it.

        Args:
            obs_dim: Numbers in an observation.
            act_dim: Numbers in an action.
            hidden_dims: Units per hidden layer.
            generator: Of the weights.
            std: Of the exploration around it, told along for who samples from the export.
            normalize_obs: Whether observations are normalised.
        """
        trunk = Mlp(obs_dim, hidden_dims, act_dim, generator)
        super().__init__(obs_dim, act_dim, trunk, normalize_obs=normalize_obs)
        log_std = max(math.log(std), LOG_STD_MIN) if std > 0.0 else LOG_STD_MIN
        self.register_buffer("fixed_log_std", torch.full((act_dim,), log_std))

    def forward(
        self, obs: Tensor, hidden_dtype: torch.dtype = torch.float32
    ) -> tuple[Tensor, Tensor]:
        """Return mean and log_std, (B, act_dim) each."""
        mean = self.trunk(self.normalizer(obs), hidden_dtype)
        return mean, self.fixed_log_std.expand_as(mean)
