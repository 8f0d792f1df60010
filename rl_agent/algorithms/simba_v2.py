"""SimbaV2: SAC with features and weights on a sphere, and rewards scaled to critics of fixed bins.

(Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning", 2025,
arXiv:2502.15280.)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rl_agent.networks.actor import Actor
from rl_agent.networks.categorical import CategoricalSupport, cross_entropy
from rl_agent.networks.hyperspherical import HypersphericalNet, project_to_sphere_
from rl_agent.networks.single import Single
from rl_agent.networks.squashed_gaussian import GaussianActor

from .categorical_actor_critic import CategoricalActorCritic
from .compilation import GradientFunction
from .simba_v2_config import SimbaV2Config


class SimbaV2(CategoricalActorCritic):
    """Actor, E critics of K bins each and their slow copies, temperature, scale of rewards."""

    config_class = SimbaV2Config
    config: SimbaV2Config

    def make_support(self) -> CategoricalSupport:
        """Return `num_bins` within `return_limit`."""
        limit = self.config.return_limit
        return CategoricalSupport(-limit, limit, self.config.num_bins)

    def make_actor(self, generator: torch.Generator) -> Actor:
        """Return a fresh actor."""
        config, out_dim = self.config, 2 * self.act_dim
        trunk = HypersphericalNet(
            1, self.obs_dim, config.actor_hidden_dims, out_dim, generator, shift=config.shift
        )
        return GaussianActor(
            self.obs_dim, self.act_dim, Single(trunk), normalize_obs=config.normalize_obs
        )

    def make_critic(self, generator: torch.Generator) -> HypersphericalNet:
        """Return `num_qs` critics of (obs, action), with `num_bins` logits each."""
        config = self.config
        return HypersphericalNet(
            config.num_qs,
            self.obs_dim + self.act_dim,
            config.critic_hidden_dims,
            config.num_bins,
            generator,
            shift=config.shift,
        )

    def constrain(self, network: nn.Module) -> None:
        """Bring weights back to the sphere."""
        project_to_sphere_(network)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Meet the distribution of r + gamma (z' - alpha log pi), of the critic expecting least."""
        inputs, scale = self.inputs, self.reward_scale.scale
        next_input, penalty = self.next_sample()
        atoms, shares = self.target_distribution(self.target_critic(next_input), penalty)
        target = self.support.project(atoms, shares)
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            logits = critic(critic_input)
            return cross_entropy(logits, target), self.support.value(logits).mean()

        value, q_mean = self.step_critic(gradients_of, loss)
        target_q = (shares * atoms).sum(-1).mean()
        return torch.stack([value, q_mean * scale, target_q * scale, torch.ones(())])
