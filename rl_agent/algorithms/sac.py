"""Soft actor-critic (Haarnoja et al. 2018) with critic ensembles.

REDQ (Chen et al. 2021) and DroQ (Hiraoka et al. 2022) are settings of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rl_agent.networks.ensemble import EnsembleMlp
from rl_agent.networks.squashed_gaussian import sample_squashed

from .actor_critic import ActorCritic
from .compilation import GradientFunction
from .sac_config import SacConfig
from .targets import ensemble_td_loss, polyak_, soft_td_target
from .temperature import Temperature
from .update_inputs import EnsembleDraws


class Sac(ActorCritic):
    """Actor, E critics and their slow copies, temperature; see `SacConfig` for its relatives."""

    config_class = SacConfig
    actor_metrics = ("actor_loss", "entropy", "alpha")
    config: SacConfig

    def __init__(self, obs_dim: int, act_dim: int, config: SacConfig, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.temperature = Temperature(act_dim, config)
        self.draws = EnsembleDraws(
            config.num_qs,
            config.num_min_qs,
            config.critic_hidden_dims,
            batch_size=config.batch_size,
            dropout_rate=config.dropout_rate,
        )

    def make_critic(self, generator: torch.Generator) -> EnsembleMlp:
        """Return `num_qs` critics of (obs, action)."""
        return EnsembleMlp(
            self.config.num_qs,
            self.obs_dim + self.act_dim,
            self.config.critic_hidden_dims,
            generator,
            use_layer_norm=self.config.use_layer_norm,
            dropout_rate=self.config.dropout_rate,
        )

    def draw(self, rng: np.random.Generator) -> None:
        """Draw the target's critics and the dropped units."""
        self.draws.draw(rng)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Learn r + gamma (min Q' - alpha log pi) of the next observation's sampled action."""
        inputs, draws, normalizer = self.inputs, self.draws, self.actor.normalizer
        mean, log_std = self.online_actor(inputs.next_obs)
        next_action, next_log_prob = sample_squashed(mean, log_std, inputs.next_noise)
        next_input = torch.cat([normalizer(inputs.next_obs), next_action], -1)
        next_q = self.target_critic(next_input, draws.target_bits)
        if self.config.num_min_qs < self.config.num_qs:
            next_q = next_q[draws.q_index]
        alpha = self.temperature.alpha
        target_q = soft_td_target(inputs.reward, inputs.discount, next_q, next_log_prob, alpha)
        critic_input = torch.cat([normalizer(inputs.obs), inputs.action], -1)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            q_values = critic(critic_input, draws.critic_bits)
            return ensemble_td_loss(q_values, target_q), q_values.mean()

        gradients, value, q_mean = gradients_of(self.critic, loss)
        gradients_of.step(self.critic_adam, gradients)
        polyak_(self.target_critic.parameters(), self.critic_adam.parameters, self.config.tau)
        return torch.stack([value, q_mean, target_q.mean(), torch.ones(())])

    def update_actor(self, gradients_of: GradientFunction) -> Tensor:
        """Climb Q - alpha log pi, then let the temperature follow the entropy."""
        inputs, draws = self.inputs, self.draws
        alpha = self.temperature.alpha
        obs = self.actor.normalizer(inputs.obs)
        is_pessimistic = self.config.num_min_qs == self.config.num_qs

        def loss(actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
            mean, log_std = actor(inputs.obs)
            action, log_prob = sample_squashed(mean, log_std, inputs.noise)
            q_values = self.critic(torch.cat([obs, action], -1), draws.actor_bits)
            # SAC takes the least critic; REDQ and DroQ, whose target already is a draw, the mean.
            q_value = q_values.amin(0) if is_pessimistic else q_values.mean(0)
            value = (alpha * log_prob - q_value).mean()
            if self.config.smoothness_coef > 0.0:
                value = value + self.smoothness(actor, mean)
            return value, log_prob.mean()

        gradients, value, log_prob = gradients_of(self.online_actor, loss)
        gradients_of.step(self.actor_adam, gradients)
        self.average_actor()
        self.temperature.step(gradients_of, log_prob)
        return torch.stack([value, -log_prob, alpha, torch.ones(())])

    def modules(self) -> dict[str, nn.Module]:
        """Return all networks by name."""
        return super().modules() | {"target_critic": self.target_critic}

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update."""
        yield from super().named_tensors()
        yield from self.temperature.named_tensors()
