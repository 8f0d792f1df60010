"""Visits of cells that random planes cut out of the space of observations (SimHash).

(Tang et al., "#Exploration: A Study of Count-Based Exploration for Deep Reinforcement Learning",
2017, arXiv:1611.04717, section 2.2.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl_agent.data.batch import Batch
from rl_agent.types import FloatArray

from .bonus import Bonus, Normalize


class CountBonus(Bonus):
    """1 / sqrt(n), n being the visits of the next observation's cell.

    The paper's planes pass through 0, so that all that lies in one direction is one cell; here a
    constant beside the observation moves them away from it. Cells shift a little while the
    normaliser still learns; old visits are not counted anew.
    """

    def __init__(
        self, normalize: Normalize, obs_dim: int, num_bits: int, rng: np.random.Generator
    ) -> None:
        """Draw `num_bits` <= 62 planes, which tell up to 2^num_bits cells apart."""
        super().__init__(normalize)
        self.planes = rng.standard_normal((obs_dim + 1, num_bits))
        self._places = np.int64(1) << np.arange(num_bits)
        self.visits: dict[int, int] = {}
        """By cell; those that were visited."""

    def cells(self, obs: FloatArray) -> NDArray[np.int64]:
        """Return (B,), the cell of each observation (B, obs_dim)."""
        side = self.seen(obs).numpy() @ self.planes[:-1] + self.planes[-1] > 0.0
        return side @ self._places

    def measure(self, batch: Batch) -> FloatArray:
        """Return (B,) in (0, 1]; where nobody has been counts as visited once."""
        cells = self.cells(batch.next_obs).tolist()
        visits = np.array([self.visits.get(cell, 1) for cell in cells], np.float32)
        return np.asarray(1.0 / np.sqrt(visits), np.float32)

    def observe(self, next_obs: FloatArray) -> None:
        """Count visits."""
        for cell in self.cells(next_obs).tolist():
            self.visits[cell] = self.visits.get(cell, 0) + 1

    def get_state(self) -> dict[str, Any]:
        """Return the cells that were visited, and how often."""
        cells, visits = list(self.visits), list(self.visits.values())
        return {"cells": np.array(cells, np.int64), "visits": np.array(visits, np.int64)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken."""
        cells, visits = state["cells"].tolist(), state["visits"].tolist()
        self.visits = dict(zip(cells, visits, strict=True))
