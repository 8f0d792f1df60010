"""What XQC, SimbaV2 and FlashSAC share: critics that are distributions of scaled returns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor

from rl_agent.networks.categorical import CategoricalSupport, least_of

from .max_ent import MaxEntActorCritic
from .max_ent_config import MaxEntConfig
from .reward_scale import RewardScale


class CategoricalActorCritic(MaxEntActorCritic):
    """Critics give logits of fixed atoms, and rewards are scaled so that returns lie between them.

    Critics and temperature live in scaled returns; what is told outside is in the task's units.
    """

    def __init__(self, obs_dim: int, act_dim: int, config: MaxEntConfig, seed: int) -> None:
        super().__init__(obs_dim, act_dim, config, seed)
        self.support = self.make_support()
        self.reward_scale = RewardScale(config.discount, self.support.upper)

    @abstractmethod
    def make_support(self) -> CategoricalSupport:
        """Return the atoms, symmetric about 0."""

    def observe_reward(self, reward: float, *, is_last: bool) -> None:
        """Take a reward of the running experience into the scale."""
        self.reward_scale.observe(reward, is_last=is_last)

    @property
    def value_scale(self) -> Tensor:
        """Scalar: the scale of rewards."""
        return self.reward_scale.scale

    def q_values(self, critic_input: Tensor) -> Tensor:
        """Return (E, B), each critic's mean, in the task's units."""
        return self.support.value(self.critic(critic_input)) * self.value_scale

    def policy_value(self, critic_input: Tensor) -> Tensor:
        """Return the least critic's mean, scaled as the temperature is."""
        return self.support.value(self.critic(critic_input)).amin(0)

    def target_distribution(
        self,
        next_logits: Tensor,  # (E, B, A) of the slow critics
        penalty: Tensor,  # (B,) alpha log pi of the next actions
    ) -> tuple[Tensor, Tensor]:
        """Return r + gamma (z' - alpha log pi) (B, A) and its probabilities (B, A).

        z' is of the critic that expects least; values are scaled, and not yet projected.
        """
        inputs = self.inputs
        members = torch.softmax(next_logits, -1)
        probabilities = least_of(members, self.support.mean(members))
        soft = self.support.atoms - penalty[:, None]
        reward = inputs.reward / self.reward_scale.scale
        return reward[:, None] + inputs.discount[:, None] * soft, probabilities

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield all that makes the next update."""
        yield from super().named_tensors()
        yield from self.reward_scale.named_tensors()
