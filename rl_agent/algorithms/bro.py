"""BRO: SAC with large residual networks that decay and begin anew, and without pessimism.

(Nauman et al., "Bigger, Regularized, Optimistic: scaling for compute and sample-efficient
continuous control", 2024, arXiv:2405.16158.) Left out is the second actor that explores.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rl_agent.data.batch import Batch
from rl_agent.networks.actor import Actor
from rl_agent.networks.bro_net import BroNet
from rl_agent.networks.single import Single
from rl_agent.networks.squashed_gaussian import GaussianActor

from .bro_config import BroConfig
from .quantile_critic import QuantileActorCritic
from .resets import reset_agent_


class Bro(QuantileActorCritic):
    """Actor, E critics of Q quantiles each and their slow copies, temperature."""

    config_class = BroConfig
    config: BroConfig

    def make_actor(self, generator: torch.Generator) -> Actor:
        """Return a fresh actor."""
        dims = self.config.actor_hidden_dims
        trunk = Single(BroNet(1, self.obs_dim, dims, 2 * self.act_dim, generator))
        return GaussianActor(
            self.obs_dim, self.act_dim, trunk, normalize_obs=self.config.normalize_obs
        )

    def make_critic(self, generator: torch.Generator) -> BroNet:
        """Return `num_qs` critics of (obs, action), with `num_quantiles` atoms each."""
        config, in_dim = self.config, self.obs_dim + self.act_dim
        return BroNet(
            config.num_qs, in_dim, config.critic_hidden_dims, config.num_quantiles, generator
        )

    def believed(self, atoms: Tensor) -> Tensor:
        """Return (B, Q), the critics' mean, quantile by quantile."""
        return atoms.mean(0)

    def update(self, batch: Batch) -> None:
        """Take one update, and after some of them begin anew."""
        super().update(batch)
        if self.gradient_step in self.config.reset_steps:
            reset_agent_(self, self.update_rng)
            self.temperature.reset()
