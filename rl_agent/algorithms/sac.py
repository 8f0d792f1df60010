"""Soft actor-critic (Haarnoja et al. 2018) with critic ensembles.

REDQ (Chen et al. 2021), DroQ (Hiraoka et al. 2022), SAC-N (An et al. 2021) and RLPD (Ball et al.
2023) are settings of it: see `SacConfig`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rl_agent.networks.ensemble import EnsembleMlp

from .compilation import GradientFunction
from .max_ent import MaxEntActorCritic
from .sac_config import SacConfig
from .targets import ensemble_td_loss, soft_td_target
from .update_inputs import EnsembleDraws


class Sac(MaxEntActorCritic):
    """Actor, E critics and their slow copies, temperature; see `SacConfig` for its relatives."""

    config_class = SacConfig
    takes_weights = True
    config: SacConfig

    def __init__(self, obs_dim: int, act_dim: int, config: SacConfig, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        self.draws = EnsembleDraws(
            config.num_qs,
            config.num_min_qs,
            config.critic_hidden_dims,
            batch_size=config.batch_size,
            dropout_rate=config.dropout_rate,
        )

    def make_critic(self, generator: torch.Generator) -> EnsembleMlp:
        """Return `num_qs` critics of (obs, action)."""
        return self.perceptrons(generator, dropout_rate=self.config.dropout_rate)

    def draw(self, rng: np.random.Generator) -> None:
        """Draw the target's critics and the dropped units."""
        self.draws.draw(rng)

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the least critic or the mean, as `actor_q` says."""
        config = self.config
        q_values = self.critic(critic_input, self.draws.actor_kept, self.hidden_dtype)
        kind = config.actor_q or ("min" if config.num_min_qs == config.num_qs else "mean")
        value: Tensor = q_values.amin(0) if kind == "min" else q_values.mean(0)
        return value

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Learn r + gamma (min Q' - alpha log pi) of the next observation's sampled action."""
        inputs, draws = self.inputs, self.draws
        next_input, penalty = self.next_sample()
        next_q = self.target_critic(next_input, draws.target_kept, self.hidden_dtype)
        if self.config.num_min_qs < self.config.num_qs:
            next_q = next_q[draws.q_index]
        target_q = soft_td_target(inputs.reward, inputs.discount, next_q, penalty)
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            q_values = critic(critic_input, draws.critic_kept, self.hidden_dtype)
            return ensemble_td_loss(q_values, target_q, inputs.weight), q_values

        value, q_values = self.step_critic(gradients_of, loss)
        self.note_td_error(q_values, target_q)
        return torch.stack([value, q_values.mean(), target_q.mean(), torch.ones(())])
