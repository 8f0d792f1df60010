"""MPO: the actor imitates its target's better actions, within bounds on how far it may go.

(Abdolmaleki et al., "Maximum a Posteriori Policy Optimisation", 2018, arXiv:1806.06920, with
one-step targets instead of Retrace.) Its target actor is `actor`, the slow copy that is exported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rl_agent.networks.ensemble import EnsembleMlp

from .actor_critic import ActorCritic
from .compilation import GradientFunction
from .kl_bounds import Duals, gaussian_distance, sample_weights, weights_distance
from .mpo_config import MpoConfig
from .targets import ensemble_td_loss


class Mpo(ActorCritic):
    """Gaussian actor, E critics, slow copies of all, and the prices of three bounds."""

    config_class = MpoConfig
    has_target_actor = True
    config: MpoConfig
    actor_metrics = ("actor_loss", "kl", "kl_mean", "kl_std", "temperature", "std")

    def __init__(self, obs_dim: int, act_dim: int, config: MpoConfig, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        self.duals = Duals(
            (
                config.initial_temperature,
                config.initial_mean_multiplier,
                config.initial_std_multiplier,
            ),
            (config.kl_bound, config.kl_mean_bound, config.kl_std_bound),
            config.dual_learning_rate,
        )
        shape = (config.num_samples, config.batch_size, act_dim)
        self.sample_noise, self.next_sample_noise = torch.zeros(shape), torch.zeros(shape)

    def make_critic(self, generator: torch.Generator) -> EnsembleMlp:
        """Return `num_qs` critics of (obs, action)."""
        return self.perceptrons(generator)

    def draw(self, rng: np.random.Generator) -> None:
        """Draw the noise of the sampled actions."""
        for noise in (self.sample_noise, self.next_sample_noise):
            rng.standard_normal(dtype=np.float32, out=noise.numpy())

    def sampled_q(
        self,
        obs: Tensor,  # (B, obs_dim)
        actions: Tensor,  # (N, B, act_dim)
    ) -> Tensor:
        """Return (N, B), the least that a target critic expects of each action."""
        num_samples, size, act_dim = actions.shape
        rows = obs.expand(num_samples, -1, -1).reshape(num_samples * size, self.obs_dim)
        flat = actions.reshape(num_samples * size, act_dim)
        q_values: Tensor = self.target_critic(self.critic_input(rows, flat)).amin(0)
        return q_values.reshape(num_samples, size)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Learn r + gamma E[Q'(s', a')] with the target actor's actions."""
        inputs = self.inputs
        mean, log_std = self.actor(inputs.next_obs)
        actions = torch.tanh(mean + log_std.exp() * self.next_sample_noise)
        next_q = self.sampled_q(inputs.next_obs, actions).mean(0)
        target_q = inputs.reward + inputs.discount * next_q
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            q_values = critic(critic_input)
            return ensemble_td_loss(q_values, target_q), q_values.mean()

        value, q_mean = self.step_critic(gradients_of, loss)
        return torch.stack([value, q_mean, target_q.mean(), torch.ones(())])

    def update_actor(self, gradients_of: GradientFunction) -> Tensor:
        """Make good samples likelier, mean and spread apart; then let the prices follow."""
        inputs = self.inputs
        target_mean, target_log_std = self.actor(inputs.obs)
        samples = target_mean + target_log_std.exp() * self.sample_noise  # (N, B, act_dim)
        temperature, mean_price, std_price = self.duals.values.unbind()
        weights = sample_weights(self.sampled_q(inputs.obs, torch.tanh(samples)), temperature)

        def loss(actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
            mean, log_std = actor(inputs.obs)
            # tanh's part of the density does not depend on the actor: Gaussians are enough.
            of_mean = _weighted_log_density(samples, weights, mean, target_log_std)
            of_std = _weighted_log_density(samples, weights, target_mean, log_std)
            distance = gaussian_distance(target_mean, target_log_std, mean, log_std)
            value = mean_price * distance.mean + std_price * distance.std - of_mean - of_std
            if self.config.smoothness_coef > 0.0:
                value = value + self.smoothness(actor, mean)
            return value, torch.stack([distance.mean, distance.std])

        value, parts = self.step_actor(gradients_of, loss)
        distances = torch.cat([weights_distance(weights)[None], parts])
        self.duals.step(gradients_of, distances)
        told = [value, *distances.unbind(), temperature, target_log_std.exp().mean()]
        return torch.stack([*told, torch.ones(())])

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update."""
        yield from super().named_tensors()
        yield from self.duals.named_tensors()


def _weighted_log_density(
    samples: Tensor,  # (N, B, act_dim)
    weights: Tensor,  # (N, B)
    mean: Tensor,  # (B, act_dim)
    log_std: Tensor,  # (B, act_dim)
) -> Tensor:
    """Return the weighted log density, without its constant, averaged over the batch."""
    log_density = -0.5 * ((samples - mean) / log_std.exp()).square() - log_std
    return (weights * log_density.sum(-1)).sum(0).mean()
