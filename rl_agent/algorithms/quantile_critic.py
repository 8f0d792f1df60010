"""What algorithms share whose critics tell how returns are distributed, as quantiles.

(Dabney et al., "Distributional Reinforcement Learning with Quantile Regression", 2018.)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from .compilation import GradientFunction
from .max_ent import MaxEntActorCritic
from .targets import quantile_huber_loss


class QuantileActorCritic(MaxEntActorCritic):
    """Critics of (obs, action) with Q atoms each; a subclass says which ones a target believes."""

    takes_weights = True

    @abstractmethod
    def believed(self, atoms: Tensor) -> Tensor:
        """Return (B, K), what is believed of the next state's atoms (E, B, Q)."""

    def q_values(self, critic_input: Tensor) -> Tensor:
        """Return (E, B), the mean of each critic's atoms."""
        values: Tensor = self.critic(critic_input).mean(-1)
        return values

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the mean of all atoms, none left out."""
        return self.q_values(critic_input).mean(0)

    def update_critic(self, gradients_of: GradientFunction) -> Tensor:
        """Meet r + gamma (z' - alpha log pi) for all believed atoms z' of the next state."""
        inputs = self.inputs
        next_input, penalty = self.next_sample()
        soft = self.believed(self.target_critic(next_input)) - penalty[:, None]
        target = inputs.reward[:, None] + inputs.discount[:, None] * soft
        critic_input = self.critic_input(inputs.obs, inputs.action)

        def loss(critic: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
            atoms = critic(critic_input)
            return quantile_huber_loss(atoms, target, inputs.weight), atoms

        value, atoms = self.step_critic(gradients_of, loss)
        self.note_td_error(atoms.mean(-1), target.mean(-1))
        return torch.stack([value, atoms.mean(), target.mean(), torch.ones(())])
