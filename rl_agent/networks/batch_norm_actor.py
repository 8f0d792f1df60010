"""A squashed Gaussian policy with batch norm, which acts and is exported on running moments."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .actor import Actor
from .batch_norm_mlp import BatchNormMlp
from .normalizer import Normalizer
from .squashed_gaussian import LOG_STD_MAX, LOG_STD_MIN


class BatchNormActor(Actor):
    """Observation to mean and log_std *before* squashing; the deterministic action is tanh(mean).

    Takes raw observations: the normaliser is inside, so an exported policy cannot lose it. It is
    kept although batch norm does the same to its output: it also clips what is far out.
    """

    trunk: BatchNormMlp

    def __init__(
        self,
        obs_dim: int,
        act_dim: int,
        hidden_dims: Sequence[int],
        generator: torch.Generator,
        *,
        normalize_obs: bool = True,
        is_norm_first: bool = False,
        renorm_starts: int | None = None,
    ) -> None:
        """Build it.

        Args:
            obs_dim: Numbers in an observation.
            act_dim: Numbers in an action.
            hidden_dims: Units per hidden layer.
            generator: Of the weights.
            normalize_obs: Whether observations are normalised before the batch norm.
            is_norm_first: Whether a hidden layer's norm comes before its ReLU.
            renorm_starts: Updates after which renormalisation begins; None for never.
        """
        super().__init__()
        self.obs_dim, self.act_dim = obs_dim, act_dim
        self.normalizer = Normalizer(obs_dim, is_enabled=normalize_obs)
        self.trunk = BatchNormMlp(
            1,
            obs_dim,
            hidden_dims,
            generator,
            out_dim=2 * act_dim,
            is_norm_first=is_norm_first,
            renorm_starts=renorm_starts,
        )

    def forward(self, obs: Tensor, moments: list[Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Return mean and log_std, (B, act_dim) each; `moments` as in `BatchNormMlp`."""
        mean, log_std = self.trunk(self.normalizer(obs), moments)[0].chunk(2, dim=-1)
        return mean, log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)
