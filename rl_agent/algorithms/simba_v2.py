"""SimbaV2: SAC with features and weights on a sphere, and rewards scaled to critics of fixed bins.

(Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning", 2025,
arXiv:2502.15280.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from rl_agent.networks.actor import Actor
from rl_agent.networks.categorical import cross_entropy, least_expected, project_categorical
from rl_agent.networks.hyperspherical import HypersphericalNet, project_to_sphere_
from rl_agent.networks.single import Single
from rl_agent.networks.squashed_gaussian import GaussianActor

from .agent_config import DEFAULT_GAMMA
from .compilation import GradientFunction
from .max_ent import MaxEntActorCritic
from .return_scale import ReturnScale
from .simba_v2_config import SimbaV2Config


class SimbaV2(MaxEntActorCritic):
    """Actor, E critics of K bins each and their slow copies, temperature, scale of returns.

    Inside, values and temperature are in units of scaled rewards; what is told is in the task's.
    """

    config_class = SimbaV2Config
    config: SimbaV2Config

    def __init__(self, obs_dim: int, act_dim: int, config: SimbaV2Config, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        gamma = DEFAULT_GAMMA if config.gamma is None else config.gamma
        self.returns = ReturnScale(gamma, config.return_limit)
        limit = config.return_limit
        self.bins = torch.linspace(-limit, limit, config.num_bins)

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
        self.returns.observe(reward, is_last=is_last)

    def constrain(self, network: nn.Module) -> None:
        """Bring weights back to the sphere."""
        project_to_sphere_(network)

    def scaled_q(self, logits: Tensor) -> Tensor:
        """Return (E, B), what critics expect in units of scaled rewards."""
        return logits.softmax(-1) @ self.bins

    def q_values(self, critic_input: Tensor) -> Tensor:
        """Return (E, B), what critics expect, in the task's units."""
        return self.scaled_q(self.critic(critic_input)) * self.returns.scale

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the least that a critic expects."""
        return self.scaled_q(self.critic(critic_input)).amin(0)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Meet the distribution of r + gamma (z' - alpha log pi), of the critic expecting least."""
        inputs, scale = self.inputs, self.returns.scale
        next_input, penalty = self.next_sample()
        next_shares = least_expected(self.target_critic(next_input), self.bins)
        soft = self.bins - penalty[:, None]
        atoms = (inputs.reward / scale)[:, None] + inputs.discount[:, None] * soft  # (B, K)
        target = project_categorical(next_shares, atoms, self.config.return_limit)
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            logits = critic(critic_input)
            return cross_entropy(logits, target), self.scaled_q(logits).mean()

        value, q_mean = self.step_critic(gradients_of, loss)
        target_q = (next_shares * atoms).sum(-1).mean()
        return torch.stack([value, q_mean * scale, target_q * scale, torch.ones(())])

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update."""
        yield from super().named_tensors()
        yield from self.returns.named_tensors()
