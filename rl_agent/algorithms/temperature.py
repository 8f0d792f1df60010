"""Soft actor-critic's temperature, learned so that the policy keeps its entropy.

(Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", 2018, arXiv:1812.05905, eq. 18.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from .adam import Adam
from .compilation import GradientFunction
from .linear_decay import decay_of
from .max_ent_config import MaxEntConfig


class Temperature:
    """alpha, the weight of the entropy."""

    def __init__(self, act_dim: int, config: MaxEntConfig, num_updates: Tensor) -> None:
        self._initial = math.log(config.initial_alpha)
        self.log_alpha = torch.tensor(self._initial)
        default = config.entropy_per_action * act_dim
        self.target_entropy = default if config.target_entropy is None else config.target_entropy
        self.adam = Adam(
            [self.log_alpha],
            config.alpha_learning_rate,
            rate_decay=decay_of(config, num_updates),
        )
        self._is_learned = config.learns_alpha

    @property
    def alpha(self) -> Tensor:
        """Scalar tensor."""
        return self.log_alpha.exp()

    def step(self, gradients_of: GradientFunction, log_prob: Tensor) -> None:
        """Take one step, given the batch's mean log density of the policy's actions."""
        if self._is_learned:
            # d/d log_alpha of -alpha (log_prob + target_entropy), by hand: it is one number.
            gradients_of.step(self.adam, [-self.alpha * (log_prob + self.target_entropy)])

    def reset(self) -> None:
        """Begin again."""
        self.log_alpha.fill_(self._initial)
        self.adam.reset()

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield its state."""
        yield "log_alpha", self.log_alpha
        for name, tensor in self.adam.tensors().items():
            yield f"alpha_adam.{name}", tensor
