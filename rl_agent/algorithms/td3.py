"""TD3 (Fujimoto et al., "Addressing Function Approximation Error in Actor-Critic Methods", 2018).

DDPG (Lillicrap et al., "Continuous Control with Deep Reinforcement Learning", 2016) is a setting of
it. Its target actor is `actor`, the slow copy that is tried out and exported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rl_agent.networks.deterministic import DeterministicActor
from rl_agent.networks.ensemble import EnsembleMlp

from .actor_critic import ActorCritic
from .compilation import GradientFunction
from .targets import ensemble_td_loss
from .td3_config import DdpgConfig, Td3Config


class Td3(ActorCritic):
    """Deterministic actor, E critics, slow copies of all."""

    config_class = Td3Config
    takes_weights = True
    has_target_actor = True
    target_critic_awaits_actor = True
    config: Td3Config

    def make_actor(self, generator: torch.Generator) -> DeterministicActor:
        """Return a fresh actor."""
        return DeterministicActor(
            self.obs_dim,
            self.act_dim,
            self.config.actor_hidden_dims,
            generator,
            std=self.config.exploration_noise,
            normalize_obs=self.config.normalize_obs,
        )

    def make_critic(self, generator: torch.Generator) -> EnsembleMlp:
        """Return `num_qs` critics of (obs, action)."""
        return self.perceptrons(generator)

    def explore(self, mean: Tensor, log_std: Tensor, noise: Tensor) -> Tensor:
        """Return tanh(mean) plus Gaussian noise, within the range of actions."""
        del log_std
        return (torch.tanh(mean) + self.config.exploration_noise * noise).clamp(-1.0, 1.0)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Learn r + gamma min Q'(s', pi'(s') + clipped noise): the paper's algorithm 1."""
        inputs, config = self.inputs, self.config
        clip = config.target_noise_clip
        noise = (config.target_noise * inputs.next_noise).clamp(-clip, clip)
        next_mean, _ = self.outputs(self.actor, inputs.next_obs)
        next_action = (torch.tanh(next_mean) + noise).clamp(-1.0, 1.0)
        next_q = self.target_critic(
            self.critic_input(inputs.next_obs, next_action), (), self.hidden_dtype
        )
        target_q = inputs.reward + inputs.discount * next_q.amin(0)
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            q_values = critic(critic_input, (), self.hidden_dtype)
            return ensemble_td_loss(q_values, target_q, inputs.weight), q_values

        value, q_values = self.step_critic(gradients_of, loss)
        self.note_td_error(q_values, target_q)
        return torch.stack([value, q_values.mean(), target_q.mean(), torch.ones(())])

    def update_actor(self, gradients_of: GradientFunction) -> Tensor:
        """Climb the first critic."""
        inputs = self.inputs
        obs = self.actor.normalizer(inputs.obs)

        def loss(actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
            mean, _ = self.outputs(actor, inputs.obs)
            q_values = self.critic(torch.cat([obs, torch.tanh(mean)], -1), (), self.hidden_dtype)
            value = -q_values[0].mean()
            if self.config.smoothness_coef > 0.0:
                value = value + self.smoothness(actor, mean)
            return value, value

        value, _ = self.step_actor(gradients_of, loss)
        return torch.stack([value, torch.ones(())])


class Ddpg(Td3):
    """Deep deterministic policy gradient."""

    config_class = DdpgConfig
