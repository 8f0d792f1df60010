"""FlashSAC: norms of weights, features and gradients are bounded; noise is held for a few steps.

(Kim et al., "FlashSAC: Fast and Stable Off-Policy Reinforcement Learning for High-Dimensional Robot
Control", 2026, arXiv:2604.04539.) Its critics learn what XQC's learn.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rl_agent.networks.actor import Actor
from rl_agent.networks.flash_net import FlashNet, bound_weights_
from rl_agent.networks.single import Single
from rl_agent.networks.squashed_gaussian import GaussianActor

from .flash_sac_config import FlashSacConfig
from .xqc import Xqc


class FlashSac(Xqc):
    """Actor, E categorical critics and their slow copies, temperature, scale of rewards."""

    config_class = FlashSacConfig
    config: FlashSacConfig

    def make_actor(self, generator: torch.Generator) -> Actor:
        """Return a fresh actor."""
        config, out_dim = self.config, 2 * self.act_dim
        trunk = FlashNet(1, self.obs_dim, config.actor_hidden_dims, out_dim, generator)
        return GaussianActor(
            self.obs_dim, self.act_dim, Single(trunk), normalize_obs=config.normalize_obs
        )

    def make_critic(self, generator: torch.Generator) -> nn.Module:
        """Return `num_qs` critics of (obs, action), with `num_atoms` logits each."""
        config, in_dim = self.config, self.obs_dim + self.act_dim
        return FlashNet(
            config.num_qs, in_dim, config.critic_hidden_dims, config.num_atoms, generator
        )

    def constrain(self, network: nn.Module) -> None:
        """Bring weights, and scales and shifts of norms, back to their lengths."""
        bound_weights_(network)

    def actor_batch(self) -> Tensor:
        """Return (2 B, obs_dim), observations and the next ones, as critics see them."""
        return torch.cat([self.inputs.obs, self.inputs.next_obs])
