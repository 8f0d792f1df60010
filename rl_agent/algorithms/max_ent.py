"""What SAC and its relatives share: a sampled policy, its entropy's weight, and the actor's step.

(Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", 2018, arXiv:1812.05905.)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from rl_agent.networks.squashed_gaussian import sample_squashed

from .actor_critic import ActorCritic
from .compilation import GradientFunction
from .max_ent_config import MaxEntConfig
from .temperature import Temperature


class MaxEntActorCritic(ActorCritic):
    """max E[sum gamma^t (r + alpha H(pi))]; a subclass says what the critics are and learn."""

    actor_metrics = ("actor_loss", "entropy", "alpha")
    config: MaxEntConfig

    def __init__(self, obs_dim: int, act_dim: int, config: MaxEntConfig, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        self.temperature = Temperature(act_dim, config, self.num_updates)

    @abstractmethod
    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return (B,), what the actor climbs, of normalised observations and its own actions."""

    def policy(self, actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
        """Return mean and log_std (B, act_dim) of the batch, as the actor's loss sees them."""
        return self.outputs(actor, self.inputs.obs)

    def next_sample(self) -> tuple[Tensor, Tensor]:
        """Return the critics' input (B, ...) of a sampled next action, and alpha log pi (B,).

        Without `backup_entropy` the latter is 0.
        """
        inputs = self.inputs
        mean, log_std = self.outputs(self.online_actor, inputs.next_obs)
        action, log_prob = sample_squashed(mean, log_std, inputs.next_noise)
        next_input = self.critic_input(inputs.next_obs, action)
        return next_input, self.backup_alpha * log_prob

    def entropy_bonus(self, mean: Tensor, log_std: Tensor, noise: Tensor) -> Tensor:
        """Return (B,) -alpha log pi of the sampled actions, in the task's units."""
        log_prob = sample_squashed(mean, log_std, noise).log_prob
        return -self.backup_alpha * self.value_scale * log_prob

    @property
    def backup_alpha(self) -> Tensor:
        """Scalar: the weight of later actions' entropy in what critics learn."""
        alpha = self.temperature.alpha
        return alpha if self.config.backup_entropy else torch.zeros_like(alpha)

    @property
    def value_scale(self) -> Tensor:
        """Scalar: what values inside are multiplied with to be in the task's units."""
        return torch.ones(())

    def update_actor(self, gradients_of: GradientFunction) -> Tensor:
        """Climb Q - alpha log pi, then let the temperature follow the entropy."""
        inputs = self.inputs
        alpha = self.temperature.alpha
        obs = self.actor.normalizer(inputs.obs)

        def loss(actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
            mean, log_std = self.policy(actor)
            action, log_prob = sample_squashed(mean, log_std, inputs.noise)
            q_value = self.policy_value(torch.cat([obs, action], -1))
            value = (alpha * log_prob - q_value).mean()
            if self.config.smoothness_coef > 0.0:
                value = value + self.smoothness(actor, mean)
            return value, log_prob.mean()

        value, log_prob = self.step_actor(gradients_of, loss)
        self.temperature.step(gradients_of, log_prob)
        return torch.stack([value, -log_prob, alpha, torch.ones(())])

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update."""
        yield from super().named_tensors()
        yield from self.temperature.named_tensors()
