"""A squashed Gaussian policy with batch norm, which acts and is exported on running moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .batch_norm_mlp import BatchNormMlp
from .single import Single
from .squashed_gaussian import GaussianActor


class BatchNormActor(GaussianActor):
    """Acts on running moments; called with a list for moments too, on the batch's own.

    The normaliser is kept although batch norm does the same to its output: it also clips what is
    far out.
    """

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
        trunk = BatchNormMlp(
            1,
            obs_dim,
            hidden_dims,
            generator,
            out_dim=2 * act_dim,
            is_norm_first=is_norm_first,
            renorm_starts=renorm_starts,
        )
        super().__init__(obs_dim, act_dim, Single(trunk), normalize_obs=normalize_obs)

    def fold_(self) -> None:
        """Take the norms into the linear layers; for a copy that acts and does not learn."""
        trunk: Any = self.trunk
        self.trunk = Single(trunk.ensemble.folded())
