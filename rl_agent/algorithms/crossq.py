"""CrossQ: SAC with batch norm in place of slow copies of the critics.

(Bhatt et al., "CrossQ: Batch Normalization in Deep Reinforcement Learning for Greater Sample
Efficiency and Simplicity", ICLR 2024, arXiv:1902.05605.)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rl_agent.networks.batch_norm import follow_, packed
from rl_agent.networks.batch_norm_actor import BatchNormActor
from rl_agent.networks.batch_norm_mlp import BatchNormMlp

from .batch_norm_actor_critic import BatchNormActorCritic
from .compilation import GradientFunction
from .crossq_config import CrossQConfig
from .targets import ensemble_td_loss, soft_td_target


class CrossQ(BatchNormActorCritic):
    """Actor and E critics with batch (re)normalisation, temperature; no slow critics."""

    config_class = CrossQConfig
    config: CrossQConfig
    has_target_critic = False

    def make_actor(self, generator: torch.Generator) -> BatchNormActor:
        """Return a fresh actor."""
        return BatchNormActor(
            self.obs_dim,
            self.act_dim,
            self.config.actor_hidden_dims,
            generator,
            normalize_obs=self.config.normalize_obs,
            renorm_starts=self.config.renorm_starts,
        )

    def make_critic(self, generator: torch.Generator) -> BatchNormMlp:
        """Return `num_qs` critics of (obs, action)."""
        return BatchNormMlp(
            self.config.num_qs,
            self.obs_dim + self.act_dim,
            self.config.critic_hidden_dims,
            generator,
            renorm_starts=self.config.renorm_starts,
        )

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the least critic."""
        value: Tensor = self.critic(critic_input).amin(0)
        return value

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Learn r + gamma (min Q - alpha log pi), where Q comes from the same forward pass."""
        inputs = self.inputs
        next_input, penalty = self.next_sample()
        joint = self.joint_input(next_input)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            moments: list[Tensor] = []
            q_values, next_q = critic(joint, moments).chunk(2, 1)  # (E, B) each
            target_q = soft_td_target(inputs.reward, inputs.discount, next_q.detach(), penalty)
            told = torch.stack([q_values.mean(), target_q.mean()])
            return ensemble_td_loss(q_values, target_q), torch.cat([told, packed(moments)])

        value, extra = self.step_critic(gradients_of, loss)
        follow_(self.critic, extra[2:])
        return torch.stack([value, extra[0], extra[1], torch.ones(())])
