"""Random network distillation: what was seen often, one network can answer like another.

(Burda et al., "Exploration by Random Network Distillation", 2018, arXiv:1810.12894.)
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rl_agent.data.batch import Batch
from rl_agent.networks.mlp import Mlp

from .bonus import Normalize
from .bonus_config import BonusConfig
from .learned import LearnedBonus


class RndBonus(LearnedBonus):
    """Mean squared difference between a predictor and a random, fixed target of the next obs."""

    def __init__(
        self,
        normalize: Normalize,
        obs_dim: int,
        config: BonusConfig,
        generator: torch.Generator,
    ) -> None:
        """Draw both; the same generator gives the same target, which no state needs to hold."""
        dims, out_dim = config.hidden_dims, config.num_features
        self.target = Mlp(obs_dim, dims, out_dim, generator).requires_grad_(False)
        super().__init__(normalize, Mlp(obs_dim, dims, out_dim, generator), config)

    def newness(self, batch: Batch) -> Tensor:
        """Return (B,), the error."""
        obs = self.seen(batch.next_obs)
        return (self.network(obs) - self.target(obs)).square().mean(-1)

    def loss(self, batch: Batch, rng: np.random.Generator) -> Tensor:
        """Return the mean error."""
        del rng
        return self.newness(batch).mean()
