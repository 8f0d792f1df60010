"""Running mean and variance of observations: buffers, so that export freezes them with the net."""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLIP = 10.0
MIN_STD = 1e-3
"""A constant observation must not be blown up by its own rounding."""


class Normalizer(nn.Module):
    """(obs - mean) / std, clipped to +-10; the identity until it has seen something or if disabled.

    Statistics follow Welford's update in float64, one observation at a time.
    """

    mean: Tensor
    std: Tensor
    count: Tensor
    running_mean: Tensor
    running_m2: Tensor

    def __init__(self, dim: int, *, is_enabled: bool = True) -> None:
        super().__init__()
        self.is_enabled = is_enabled
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("running_mean", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("running_m2", torch.zeros(dim, dtype=torch.float64))

    def forward(self, obs: Tensor) -> Tensor:
        """Return (B, dim) normalised."""
        if not self.is_enabled:
            return obs
        return torch.clamp((obs - self.mean) / self.std, -CLIP, CLIP)

    @torch.no_grad()
    def update(
        self,
        obs: Tensor,  # (dim,)
    ) -> None:
        """Take one more observation into account."""
        if not self.is_enabled:
            return
        self.count += 1.0
        delta = obs.double() - self.running_mean
        self.running_mean += delta / self.count
        self.running_m2 += delta * (obs.double() - self.running_mean)
        self.mean.copy_(self.running_mean)
        self.std.copy_((self.running_m2 / self.count).sqrt().clamp_min(MIN_STD))
