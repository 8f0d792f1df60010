"""What a learner needs of experience, wherever it lies."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from rl_agent.types import FloatArray, Transition

from .batch import Batch
from .sum_tree import Indices


class Replay(Protocol):
    """Takes transitions in and gives batches out."""

    def __len__(self) -> int:
        """Return the rows of own experience held."""
        ...

    @property
    def num_quarantined(self) -> int:
        """Own rows refused so far."""
        ...

    @property
    def mean_bonus(self) -> float:
        """By how much the last batch's rewards were raised on average; 0 if there is no bonus."""
        ...

    def add(self, transition: Transition) -> None:
        """Store one transition, unless it is refused."""
        ...

    def add_rows(self, rows: np.ndarray) -> None:
        """Store rows (N,) in order; the same as one at a time."""
        ...

    def clear(self) -> None:
        """Forget own experience."""
        ...

    def sample(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """Draw transitions; every stretch of the batch is a fair sample too."""
        ...

    def update_priorities(self, index: Indices, td_error: FloatArray) -> None:
        """Tell how wrong the critics were about rows (B,) of a batch with an `index`."""
        ...

    def get_state(self) -> dict[str, Any] | None:
        """Return what adding the same rows again would not give back; None for nothing."""
        ...

    def set_state(self, state: dict[str, Any] | None) -> str:
        """Go on where `get_state` was taken; return what differs since then, or ""."""
        ...
