"""SimbaV2: SAC with features and weights on a sphere, and rewards scaled to critics of fixed bins.

(Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning", 2025,
arXiv:2502.15280.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from rl_agent.networks.actor import Actor
from rl_agent.networks.categorical import CategoricalSupport, cross_entropy, least_of
from rl_agent.networks.hyperspherical import HypersphericalNet, project_to_sphere_
from rl_agent.networks.single import Single
from rl_agent.networks.squashed_gaussian import GaussianActor

from .compilation import GradientFunction
from .max_ent import MaxEntActorCritic
from .reward_scale import RewardScale
from .simba_v2_config import SimbaV2Config


class SimbaV2(MaxEntActorCritic):
    """Actor, E critics of K bins each and their slow copies, temperature, scale of returns.

    Inside, values and temperature are in units of scaled rewards; what is told is in the task's.
    """

    config_class = SimbaV2Config
    config: SimbaV2Config

    def __init__(self, obs_dim: int, act_dim: int, config: SimbaV2Config, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        limit = config.return_limit
        self.reward_scale = RewardScale(config.discount, limit)
        self.support = CategoricalSupport(-limit, limit, config.num_bins)

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

    def observe_reward(self, reward: float, *, is_last: bool) -> None:
        """Take a reward into the scale."""
        self.reward_scale.observe(reward, is_last=is_last)

    def constrain(self, network: nn.Module) -> None:
        """Bring weights back to the sphere."""
        project_to_sphere_(network)

    @property
    def value_scale(self) -> Tensor:
        """Scalar: the scale of rewards."""
        return self.reward_scale.scale

    def q_values(self, critic_input: Tensor) -> Tensor:
        """Return (E, B), what critics expect, in the task's units."""
        return self.support.value(self.critic(critic_input)) * self.value_scale

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the least that a critic expects."""
        return self.support.value(self.critic(critic_input)).amin(0)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Meet the distribution of r + gamma (z' - alpha log pi), of the critic expecting least."""
        inputs, scale = self.inputs, self.reward_scale.scale
        next_input, penalty = self.next_sample()
        members = torch.softmax(self.target_critic(next_input), -1)
        next_shares = least_of(members, self.support.mean(members))
        soft = self.support.atoms - penalty[:, None]
        atoms = (inputs.reward / scale)[:, None] + inputs.discount[:, None] * soft  # (B, K)
        target = self.support.project(atoms, next_shares)
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            logits = critic(critic_input)
            return cross_entropy(logits, target), self.support.value(logits).mean()

        value, q_mean = self.step_critic(gradients_of, loss)
        target_q = (next_shares * atoms).sum(-1).mean()
        return torch.stack([value, q_mean * scale, target_q * scale, torch.ones(())])

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update."""
        yield from super().named_tensors()
        yield from self.reward_scale.named_tensors()
