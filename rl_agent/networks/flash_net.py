"""FlashSAC's network: inverted residual blocks with batch norm and bounded weights, E at once.

(Kim et al., "FlashSAC: Fast and Stable Off-Policy Reinforcement Learning for High-Dimensional Robot
Control", 2026, arXiv:2604.04539.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .batch_norm import BatchNorm
from .hyperspherical import EXPANSION, HyperLinear
from .rms_norm import EnsembleRmsNorm


class FlashBlock(nn.Module):
    """x + relu(norm(linear(relu(norm(linear(x)))))), (E, B, dim) to the same, wider inside."""

    def __init__(self, num_members: int, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        inner_dim = EXPANSION * dim
        self.first = HyperLinear(num_members, dim, inner_dim, generator)
        self.first_norm = BatchNorm((num_members, 1, inner_dim))
        self.second = HyperLinear(num_members, inner_dim, dim, generator)
        self.second_norm = BatchNorm((num_members, 1, dim))

    def forward(self, x: Tensor, moments: list[Tensor] | None = None) -> Tensor:
        """Return (E, B, dim)."""
        h = torch.relu(self.first_norm(self.first(x), moments))
        return x + torch.relu(self.second_norm(self.second(h), moments))


class FlashNet(nn.Module):
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
            block_dims: Units of each block, all the same; inside it is four times as wide.
            out_dim: Numbers in an answer.
            generator: Of the weights.
        """
        super().__init__()
        self.num_members = num_members
        dim = block_dims[0]
        self.norm = BatchNorm((num_members, 1, in_dim))
        self.embed = HyperLinear(num_members, in_dim, dim, generator)
        self.blocks = nn.ModuleList(FlashBlock(num_members, dim, generator) for _ in block_dims)
        self.last_norm = EnsembleRmsNorm(num_members, dim)
        self.out = HyperLinear(num_members, dim, out_dim, generator)
        self.out_bias = nn.Parameter(torch.zeros(num_members, 1, out_dim))

    def forward(self, x: Tensor, moments: list[Tensor] | None = None) -> Tensor:
        """Return (E, B, out_dim).

        Args:
            x: (B, in_dim).
            moments: None normalises by running moments; a list by the batch's, which it gets.
        """
        out: Tensor = self.out(self.features(x, moments)) + self.out_bias
        return out

    def features(self, x: Tensor, moments: list[Tensor] | None = None) -> Tensor:
        """Return (E, B, dim), what the last layer sees."""
        h = self.embed(self.norm(x.expand(self.num_members, -1, -1), moments))
        for block in self.blocks:
            h = block(h, moments)
        out: Tensor = self.last_norm(h)
        return out


@torch.no_grad()
def bound_weights_(network: nn.Module) -> None:
    """Bring all but the last bias back to where they may lie, due after each step.

    Weights of one output have length one. Of D units, a norm's scales, together with its shifts,
    have length sqrt(D): as they start, and as if each had size one.
    """
    for module in network.modules():
        if isinstance(module, HyperLinear):
            module.project_()
        elif isinstance(module, BatchNorm | EnsembleRmsNorm):
            parameters = tuple(module.parameters())
            length = torch.linalg.vector_norm(torch.cat(parameters, -1), dim=-1, keepdim=True)
            for parameter in parameters:
                parameter.mul_(math.sqrt(parameter.shape[-1]) / length)
