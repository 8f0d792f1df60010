"""What one gradient step learns from. Torch-free: agents copy it into their own memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import FloatArray


@dataclass(frozen=True)
class Batch:
    """B transitions, n-step returns already summed."""

    obs: FloatArray  # (B, obs_dim)
    action: FloatArray  # (B, act_dim)
    reward: FloatArray  # (B,) sum of gamma^k r over up to n steps
    discount: FloatArray  # (B,) gamma^n, 0 where the last of them terminated
    next_obs: FloatArray  # (B, obs_dim)
    weight: FloatArray | None = None  # (B,) of each row in the critics' loss; None for 1
    index: NDArray[np.intp] | None = None  # (B,) for `update_priorities`; -1 for rows without one

    def split(self, num_parts: int) -> list[Batch]:
        """Return `num_parts` equal consecutive parts, as views; their number must divide B."""
        size, rest = divmod(len(self.reward), num_parts)
        if rest:
            raise ValueError(f"{len(self.reward)} rows do not split into {num_parts} parts")
        return [self._rows(slice(k * size, (k + 1) * size)) for k in range(num_parts)]

    def first(self, size: int) -> Batch:
        """Return the first `size` rows, or all if there are fewer, as views."""
        return self._rows(slice(0, size))

    def _rows(self, rows: slice) -> Batch:
        return Batch(
            self.obs[rows],
            self.action[rows],
            self.reward[rows],
            self.discount[rows],
            self.next_obs[rows],
            None if self.weight is None else self.weight[rows],
            None if self.index is None else self.index[rows],
        )
