"""Models of what an action does: they agree where they have learned.

(Pathak, Gandhi & Gupta, "Self-Supervised Exploration via Disagreement", 2019, arXiv:1906.04161.)
The critics' spread would come for nothing, but where no reward was met yet all critics agree, and
not every algorithm has more than one.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rl_agent.data.batch import Batch
from rl_agent.networks.ensemble import EnsembleMlp

from .bonus import Normalize
from .bonus_config import BonusConfig
from .learned import LearnedBonus


class DisagreementBonus(LearnedBonus):
    """Variance over E models of the change to the next observation, averaged over its numbers.

    What is random in itself is a model's error for ever, but no reason to disagree.
    """

    def __init__(
        self,
        normalize: Normalize,
        obs_dim: int,
        act_dim: int,
        config: BonusConfig,
        generator: torch.Generator,
    ) -> None:
        """Draw the models."""
        in_dim = obs_dim + act_dim
        models = EnsembleMlp(
            config.num_models, in_dim, config.hidden_dims, generator, out_dim=obs_dim
        )
        super().__init__(normalize, models, config)
        self._shape = (config.num_models, -1, obs_dim)

    def predict(self, batch: Batch) -> Tensor:
        """Return (E, B, obs_dim), each model's change of the normalised observation."""
        action = torch.from_numpy(np.ascontiguousarray(batch.action))
        change: Tensor = self.network(torch.cat([self.seen(batch.obs), action], -1))
        return change.reshape(self._shape)

    def newness(self, batch: Batch) -> Tensor:
        """Return (B,), how far the models are apart."""
        return self.predict(batch).var(0, unbiased=False).mean(-1)

    def loss(self, batch: Batch, rng: np.random.Generator) -> Tensor:
        """Return the models' squared error, each on a random half of the rows (its bootstrap)."""
        change = self.seen(batch.next_obs) - self.seen(batch.obs)
        error = (self.predict(batch) - change).square().mean(-1)  # (E, B)
        is_taken = torch.from_numpy(rng.random(tuple(error.shape)) < 0.5)
        return (error * is_taken).mean()
