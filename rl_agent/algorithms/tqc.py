"""TQC: SAC whose critics say how returns are distributed, and do not believe the best of them.

(Kuznetsov et al., "Controlling Overestimation Bias with Truncated Mixture of Continuous
Distributional Quantile Critics", 2020.)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rl_agent.networks.ensemble import EnsembleMlp

from .compilation import GradientFunction
from .max_ent import MaxEntActorCritic
from .targets import quantile_huber_loss, truncated
from .tqc_config import TqcConfig


class Tqc(MaxEntActorCritic):
    """Actor, E critics of Q atoms each and their slow copies, temperature."""

    config_class = TqcConfig
    takes_weights = True
    config: TqcConfig

    def make_critic(self, generator: torch.Generator) -> EnsembleMlp:
        """Return `num_qs` critics of (obs, action), with `num_quantiles` atoms each."""
        return EnsembleMlp(
            self.config.num_qs,
            self.obs_dim + self.act_dim,
            self.config.critic_hidden_dims,
            generator,
            out_dim=self.config.num_quantiles,
            use_layer_norm=self.config.use_layer_norm,
        )

    def q_values(self, critic_input: Tensor) -> Tensor:
        """Return (E, B), the mean of each critic's atoms."""
        values: Tensor = self.critic(critic_input).mean(-1)
        return values

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the mean of all atoms, none left out."""
        return self.q_values(critic_input).mean(0)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Meet r + gamma (z' - alpha log pi) for all but the largest atoms z' of the next state."""
        inputs = self.inputs
        next_input, penalty = self.next_sample()
        kept = truncated(self.target_critic(next_input), self.config.num_dropped)  # (B, K)
        soft = kept - penalty[:, None]
        target = inputs.reward[:, None] + inputs.discount[:, None] * soft
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            atoms = critic(critic_input)
            return quantile_huber_loss(atoms, target, inputs.weight), atoms

        value, atoms = self.step_critic(gradients_of, loss)
        self.note_td_error(atoms.mean(-1), target.mean(-1))
        return torch.stack([value, atoms.mean(), target.mean(), torch.ones(())])
