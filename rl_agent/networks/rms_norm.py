"""Root-mean-square normalisation (Zhang & Sennrich 2019), E members at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-6
"""Added to mean squares."""


class EnsembleRmsNorm(nn.Module):
    """(E, B, D) to the same, each row of mean square 1 times a learned scale per unit."""

    def __init__(self, num_members: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_members, 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, D)."""
        return x * (x.square().mean(-1, keepdim=True) + EPSILON).rsqrt() * self.weight
