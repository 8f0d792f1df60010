"""How large returns are, so that a critic with fixed bins fits any reward.

(Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning", 2025,
section 4.3.)
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

_EPSILON = 1e-8
"""Added to the variance."""


class ReturnScale:
    """Divides rewards so that discounted sums have a spread of one, and stay within a limit.

    Statistics follow Welford's update in float64, one reward at a time.
    """

    def __init__(self, gamma: float, limit: float) -> None:
        self._gamma, self._limit = gamma, limit
        self.scale = torch.ones(())
        """What rewards are divided by; 1 until there was one."""
        self._running = {
            name: torch.zeros((), dtype=torch.float64)
            for name in ("current", "count", "mean", "m2", "largest")
        }

    def observe(self, reward: float, *, is_last: bool) -> None:
        """Take one more reward into account; the sum begins anew after an episode's last."""
        running = {name: tensor.item() for name, tensor in self._running.items()}
        current = self._gamma * running["current"] + reward
        count = running["count"] + 1.0
        delta = current - running["mean"]
        mean = running["mean"] + delta / count
        m2 = running["m2"] + delta * (current - mean)
        largest = max(running["largest"], abs(current))
        self.scale.fill_(max((m2 / count + _EPSILON) ** 0.5, largest / self._limit))
        values = (0.0 if is_last else current, count, mean, m2, largest)
        for tensor, value in zip(self._running.values(), values, strict=True):
            tensor.fill_(value)

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield its state."""
        yield "return_scale", self.scale
        for name, tensor in self._running.items():
            yield f"returns.{name}", tensor
