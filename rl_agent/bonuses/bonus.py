"""What tells how new a transition is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rl_agent.data.batch import Batch
from rl_agent.types import FloatArray

Normalize = Callable[[Tensor], Tensor]
"""(B, obs_dim) to the same, as the policy sees it: what is new must not hang on units."""


class Bonus(ABC):
    """Numbers of at least 0, in a unit of their own; large is new."""

    def __init__(self, normalize: Normalize) -> None:
        self._normalize = normalize

    @abstractmethod
    def measure(self, batch: Batch) -> FloatArray:
        """Return (B,), how new each row is by what is known now."""

    def observe(self, next_obs: FloatArray) -> None:
        """Take note of where new steps have led, (N, obs_dim)."""
        return  # most learn from batches

    def learn(self, batch: Batch, rng: np.random.Generator) -> None:  # noqa: B027 - see above
        """Get to know some of what was experienced."""

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """Return numbers and arrays, copies all of them."""

    @abstractmethod
    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken."""

    def seen(self, obs: FloatArray) -> Tensor:
        """Return observations (B, obs_dim) as the policy sees them."""
        return self._normalize(torch.from_numpy(np.ascontiguousarray(obs)))
