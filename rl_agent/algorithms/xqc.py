"""XQC: batch norm, weights of length one and categorical critics, for well-conditioned losses.

(Palenicek et al., "XQC: Well-conditioned Optimization Accelerates Deep Reinforcement Learning",
2025, arXiv:2509.25174.) As in its authors' code: slow critics take part, on moments of the batch,
no bias where a norm follows, and the target is the distribution of the critic that expects least.
Not certain, and chosen here: weights are normalised per unit, the input's norm has no scale and
shift, and the actor climbs the least critic, as in SAC.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rl_agent.networks.actor import Actor
from rl_agent.networks.batch_norm import follow_, packed
from rl_agent.networks.batch_norm_actor import BatchNormActor
from rl_agent.networks.batch_norm_mlp import BatchNormMlp
from rl_agent.networks.categorical import CategoricalSupport, cross_entropy

from .batch_norm_actor_critic import BatchNormActorCritic
from .categorical_actor_critic import CategoricalActorCritic
from .compilation import GradientFunction
from .xqc_config import XqcConfig


class Xqc(CategoricalActorCritic, BatchNormActorCritic):
    """Actor, E categorical critics and their slow copies, temperature, scale of rewards."""

    config_class = XqcConfig
    config: XqcConfig

    def make_support(self) -> CategoricalSupport:
        """Return `num_atoms` within `value_limit`."""
        limit = self.config.value_limit
        return CategoricalSupport(-limit, limit, self.config.num_atoms)

    def make_actor(self, generator: torch.Generator) -> Actor:
        """Return a fresh actor."""
        actor = BatchNormActor(
            self.obs_dim,
            self.act_dim,
            self.config.actor_hidden_dims,
            generator,
            normalize_obs=self.config.normalize_obs,
            is_norm_first=True,
        )
        self.constrain(actor)
        return actor

    def make_critic(self, generator: torch.Generator) -> nn.Module:
        """Return `num_qs` critics of (obs, action), with `num_atoms` logits each."""
        critic = BatchNormMlp(
            self.config.num_qs,
            self.obs_dim + self.act_dim,
            self.config.critic_hidden_dims,
            generator,
            out_dim=self.config.num_atoms,
            is_norm_first=True,
        )
        self.constrain(critic)
        return critic

    def constrain(self, network: nn.Module) -> None:
        """Bring the weights of every hidden unit back to length one."""
        for module in network.modules():
            if isinstance(module, BatchNormMlp):
                module.normalize_weights()

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Meet the projection of r + gamma (z' - alpha log pi), z' of the least slow critic."""
        size, scale = self.config.batch_size, self.reward_scale.scale
        next_input, penalty = self.next_sample()
        joint = self.joint_input(next_input)
        next_logits = self.target_critic(joint, [])[:, size:]
        values, probabilities = self.target_distribution(next_logits, penalty)
        target = self.support.project(values, probabilities)
        target_q = (probabilities * values).sum(-1).mean()

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            moments: list[Tensor] = []
            logits = critic(joint, moments)[:, :size]  # (E, B, A)
            q_mean = self.support.value(logits).mean()
            return cross_entropy(logits, target), torch.cat([q_mean[None], packed(moments)])

        value, extra = self.step_critic(gradients_of, loss)
        follow_(self.critic, extra[1:])
        return torch.stack([value, scale * extra[0], scale * target_q, torch.ones(())])
