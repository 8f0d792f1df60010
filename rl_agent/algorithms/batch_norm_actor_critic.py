"""What CrossQ and its relatives share: batch norm in actor and critics (Bhatt et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rl_agent.networks.batch_norm import follow_, packed

from .max_ent import MaxEntActorCritic


class BatchNormActorCritic(MaxEntActorCritic):
    """Actor and critics with batch norm; they act and are judged on running moments."""

    def actor_batch(self) -> Tensor:
        """Return (N, obs_dim), what the actor is normalised over: the batch, and more behind it."""
        return self.inputs.obs

    def policy(self, actor: Callable[..., Any]) -> tuple[Tensor, Tensor]:
        """Return mean and log_std of the batch, normalised over `actor_batch`."""
        size = self.config.batch_size
        mean, log_std = actor(self.actor_batch(), [])
        return mean[:size], log_std[:size]

    def smoothness(self, actor: Callable[..., Any], mean: Tensor) -> Tensor:
        """Return the penalty of what acts on the robot: running moments, not the batch's."""
        del mean
        acting_mean, _ = actor(self.inputs.obs)
        return super().smoothness(actor, acting_mean)

    def average_actor(self) -> None:
        """Average weights, and take the batch's moments into both actors.

        The average needs moments of its own: those of averaged weights are no averages of moments.
        """
        super().average_actor()
        for actor in (self.online_actor, self.actor):
            moments: list[Tensor] = []
            actor(self.actor_batch(), moments)
            follow_(actor, packed(moments))

    def joint_input(self, next_input: Tensor) -> Tensor:
        """Return (2 B, obs_dim + act_dim): (obs, action), then (next_obs, next action).

        Passed at once, both are normalised by the moments of their mixture.
        """
        inputs = self.inputs
        return torch.cat([self.critic_input(inputs.obs, inputs.action), next_input])
