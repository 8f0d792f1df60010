"""A bonus from a network that gets to know what was experienced."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rl_agent.algorithms.adam import Adam
from rl_agent.algorithms.compilation import eager_gradients
from rl_agent.data.batch import Batch
from rl_agent.types import FloatArray

from .bonus import Bonus, Normalize
from .bonus_config import BonusConfig


class LearnedBonus(Bonus):
    """What the network does not know yet; it takes one step per draw from replay."""

    def __init__(self, normalize: Normalize, network: nn.Module, config: BonusConfig) -> None:
        """Train `network`."""
        super().__init__(normalize)
        self.network = network
        self._batch_size = config.batch_size
        self._adam = Adam(network.parameters(), config.learning_rate)

    @abstractmethod
    def newness(self, batch: Batch) -> Tensor:
        """Return (B,), at least 0."""

    @abstractmethod
    def loss(self, batch: Batch, rng: np.random.Generator) -> Tensor:
        """Return what the network learns to make small."""

    @torch.no_grad()
    def measure(self, batch: Batch) -> FloatArray:
        """Return (B,)."""
        return self.newness(batch).numpy()

    def learn(self, batch: Batch, rng: np.random.Generator) -> None:
        """Take one step, on the draw's first rows: every stretch of it is a fair sample."""
        rows = batch.first(self._batch_size)

        def loss(network: Any) -> tuple[Tensor, Tensor]:
            del network  # the own one
            value = self.loss(rows, rng)
            return value, value

        self._adam.step(eager_gradients(self.network, loss).gradients)

    def get_state(self) -> dict[str, Any]:
        """Return weights and moments."""
        return {name: tensor.detach().numpy().copy() for name, tensor in self._tensors().items()}

    @torch.no_grad()
    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken."""
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(state[name]))

    def _tensors(self) -> dict[str, Tensor]:
        moments = {f"adam.{name}": tensor for name, tensor in self._adam.tensors().items()}
        return {**self.network.state_dict(), **moments}
