"""Proportional prioritised replay: rows are drawn by how wrong the critics were about them.

(Schaul et al., "Prioritized Experience Replay", 2016, arXiv:1511.05952.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import FloatArray

from .sum_tree import Indices, SumTree

SMALLEST_ERROR = 1e-6
"""Added to errors, so that no row is lost for good."""


class Draw(NamedTuple):
    """Rows drawn, and what undoes that some are drawn more often."""

    place: Indices  # (B,)
    weight: FloatArray  # (B,) in (0, 1], the largest of them 1


class Priorities:
    """P(i) = p_i^alpha / sum_k p_k^alpha with p = |TD error|; new rows get the largest p so far."""

    def __init__(
        self,
        capacity: int,
        *,
        priority_exponent: float,
        importance_exponent: float,
        importance_steps: int,
    ) -> None:
        """Prepare for places 0..capacity - 1.

        Args:
            capacity: Of the buffer.
            priority_exponent: The paper's alpha.
            importance_exponent: The paper's beta at the start.
            importance_steps: Rows added until beta is 1.
        """
        self._capacity = capacity
        self._alpha, self._first_beta = priority_exponent, importance_exponent
        self._num_steps = importance_steps
        self.clear()

    def clear(self) -> None:
        """Forget all rows."""
        self._tree = SumTree(self._capacity)
        self._largest = 1.0
        self._num_added = 0

    @property
    def importance_exponent(self) -> float:
        """The paper's beta now: it rises with the rows added, which a resumed run adds again."""
        progress = min(1.0, self._num_added / self._num_steps)
        return self._first_beta + (1.0 - self._first_beta) * progress

    def add(self, place: Indices) -> None:
        """Take in new rows at `place` (K,), each place once."""
        self._tree.set(place, self._largest)
        self._num_added += len(place)

    def draw(self, size: int, num_rows: int, rng: np.random.Generator) -> Draw:
        """Draw `size` of `num_rows` rows, one from each of `size` equal shares of all priority.

        Shares come in random order, so that every part of a batch is a fair sample too.
        """
        share = (rng.permutation(size) + rng.random(size)) / size
        place = self._tree.find(share * self._tree.total)
        probability = self._tree.values[place] / self._tree.total
        # w = (N P)^-beta (section 3.4), over its largest in the batch.
        weight = (num_rows * probability) ** -self.importance_exponent
        return Draw(place, (weight / weight.max()).astype(np.float32))

    def update(self, index: Indices, td_error: FloatArray) -> None:
        """Set the priorities of rows (K,) that were learned from."""
        errors = np.abs(td_error).astype(np.float64) + SMALLEST_ERROR
        values = (errors**self._alpha).astype(np.float32)
        # A diverging critic must not spoil the sums: the learner finds it and tells.
        values = np.where(np.isfinite(values), values, self._largest)
        self._tree.set(index, values)
        self._largest = float(values.max(initial=self._largest))

    def get_state(self, num_rows: int) -> dict[str, Any]:
        """Return what adding the rows again would not give back."""
        return {"values": self._tree.values[:num_rows].copy(), "largest": self._largest}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken, after the same rows were added."""
        values: NDArray[np.float32] = state["values"]
        self._tree.set(np.arange(len(values)), values)
        self._largest = float(state["largest"])
