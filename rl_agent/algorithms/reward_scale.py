"""What rewards are divided by so that returns fit a fixed range, whatever a task's units.

(Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning", 2025, that is
SimbaV2. XQC divides by the standard deviation alone, which a steady stream of rewards outgrows.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

MIN_VARIANCE = 1e-8


class RewardScale:
    """max(standard deviation of G, largest |G| / limit), where G_t = gamma G_t-1 + r_t.

    G runs within an episode, from 0. The scale is 1 until there are two rewards.
    """

    def __init__(self, gamma: float, limit: float) -> None:
        self._gamma, self._limit = gamma, limit
        self.scale = torch.ones(())
        """Scalar; an update reads it, so it changes in place."""
        # G, the largest |G|, their number, mean, and summed squared deviation (Welford).
        self._sums = torch.zeros(5, dtype=torch.float64)

    def observe(self, reward: float, *, is_last: bool) -> None:
        """Take the next reward of the running episode; `is_last` ends it."""
        discounted, largest, count, mean, m2 = self._sums.tolist()
        discounted = self._gamma * discounted + reward
        largest = max(largest, abs(discounted))
        count += 1.0
        delta = discounted - mean
        mean += delta / count
        m2 += delta * (discounted - mean)
        values = [0.0 if is_last else discounted, largest, count, mean, m2]
        self._sums.copy_(torch.tensor(values, dtype=torch.float64))
        if count >= 2.0:
            self.scale.fill_(max(math.sqrt(m2 / count + MIN_VARIANCE), largest / self._limit))

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield its state."""
        yield "reward_scale.scale", self.scale
        yield "reward_scale.sums", self._sums
