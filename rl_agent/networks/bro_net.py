"""BroNet: residual blocks with layer norm, E networks at once.

(Nauman et al., "Bigger, Regularized, Optimistic: scaling for compute and sample-efficient
continuous control", 2024, figure 4.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .ensemble import EnsembleLayerNorm, EnsembleLinear


class BroBlock(nn.Module):
    """x + norm(linear(relu(norm(linear(x))))), (E, B, dim) to the same."""

    def __init__(self, num_members: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = EnsembleLinear(num_members, dim, dim, generator)
        self.first_norm = EnsembleLayerNorm(num_members, dim)
        self.second = EnsembleLinear(num_members, dim, dim, generator)
        self.second_norm = EnsembleLayerNorm(num_members, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, dim)."""
        h = torch.relu(self.first_norm(self.first(x)))
        out: Tensor = x + self.second_norm(self.second(h))
        return out


class BroNet(nn.Module):
    """(B, in_dim), the same for all members, to (E, B, out_dim)."""

    def __init__(
        self,
        num_members: int,
        in_dim: int,
        block_dims: Sequence[int],
        out_dim: int,
        generator: torch.Generator,
    ) -> None:
        """Build it.

        Args:
            num_members: E.
            in_dim: Numbers per row.
            block_dims: Units of each block, all the same.
            out_dim: Numbers in an answer.
            generator: Of the weights.
        """
        super().__init__()
        self.num_members = num_members
        dim = block_dims[0]
        self.embed = EnsembleLinear(num_members, in_dim, dim, generator)
        self.norm = EnsembleLayerNorm(num_members, dim)
        self.blocks = nn.ModuleList(BroBlock(num_members, dim, generator) for _ in block_dims)
        self.head = EnsembleLinear(num_members, dim, out_dim, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, out_dim)."""
        out: Tensor = self.head(self.features(x))
        return out

    def features(self, x: Tensor) -> Tensor:
        """Return (E, B, dim), what the last layer sees."""
        h = torch.relu(self.norm(self.embed(x.expand(self.num_members, -1, -1))))
        for block in self.blocks:
            h = block(h)
        return h
