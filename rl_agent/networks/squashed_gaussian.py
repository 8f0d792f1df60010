"""SAC's policy: a Gaussian squashed by tanh (Haarnoja et al. 2018, appendix C)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .actor import Actor
from .mlp import Mlp

LOG_STD_MIN = -5.0
LOG_STD_MAX = 2.0
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


class SampledAction(NamedTuple):
    """A reparametrised sample and its density."""

    action: Tensor  # (B, act_dim) in (-1, 1)
    log_prob: Tensor  # (B,)


class GaussianActor(Actor):
    """Mean and log_std from one trunk, (B, obs_dim) to (B, 2 act_dim)."""

    def forward(self, obs: Tensor, *trunk_options: Any) -> tuple[Tensor, Tensor]:
        """Return mean and log_std, (B, act_dim) each; `trunk_options` go to the trunk."""
        mean, log_std = self.trunk(self.normalizer(obs), *trunk_options).chunk(2, dim=-1)
        return mean, log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)


class SquashedGaussianActor(GaussianActor):
    """The same on a perceptron."""

    def __init__(
        self,
        obs_dim: int,
        act_dim: int,
        hidden_dims: Sequence[int],
        generator: torch.Generator,
        *,
        use_layer_norm: bool = False,
        normalize_obs: bool = True,
    ) -> None:
        trunk = Mlp(obs_dim, hidden_dims, 2 * act_dim, generator, use_layer_norm=use_layer_norm)
        super().__init__(obs_dim, act_dim, trunk, normalize_obs=normalize_obs)


def sample_squashed(
    mean: Tensor,  # (B, act_dim)
    log_std: Tensor,  # (B, act_dim)
    noise: Tensor,  # (B, act_dim) standard normal
) -> SampledAction:
    """Return tanh(mean + std * noise) and its log density."""
    pre_tanh = mean + log_std.exp() * noise
    gaussian = -0.5 * noise.square() - log_std - _HALF_LOG_2PI
    # log(1 - tanh(u)^2) without cancellation for large |u|.
    squash = 2.0 * (math.log(2.0) - pre_tanh - functional.softplus(-2.0 * pre_tanh))
    return SampledAction(torch.tanh(pre_tanh), (gaussian - squash).sum(-1))
