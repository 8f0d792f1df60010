"""SimbaV2's network: features and weights of length one, E networks at once.

(Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning", 2025,
section 4.1.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

EXPANSION = 4
"""How much wider a block is inside."""
_MIN_LENGTH = 1e-8


def to_sphere(x: Tensor) -> Tensor:
    """Return x scaled to length one along its last axis; zeros stay zeros."""
    return functional.normalize(x, dim=-1, eps=_MIN_LENGTH)


class HyperLinear(nn.Module):
    """(E, B, in_dim) to (E, B, out_dim): products with vectors of length one, without bias."""

    def __init__(
        self, num_members: int, in_dim: int, out_dim: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_members, in_dim, out_dim))
        for member in self.weight.detach():
            nn.init.orthogonal_(member, generator=generator)
        self.project_()

    @torch.no_grad()
    def project_(self) -> None:
        """Bring the weights of each output back to length one."""
        length = torch.linalg.vector_norm(self.weight, dim=1, keepdim=True)
        self.weight.div_(length.clamp_min(_MIN_LENGTH))

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, out_dim)."""
        return torch.bmm(x, self.weight)


class Scaler(nn.Module):
    """A learned factor per unit, starting at `initial`.

    What is learned starts at `scale`: the larger, the smaller is a step's relative change.
    """

    def __init__(self, num_members: int, dim: int, initial: float, scale: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.full((num_members, 1, dim), scale))
        self._ratio = initial / scale

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, dim)."""
        return x * (self.factor * self._ratio)


class LerpBlock(nn.Module):
    """From x a share of the way to what two layers make of it, on the sphere (eq. 11, 12)."""

    def __init__(
        self, num_members: int, dim: int, initial_share: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        inner_dim = EXPANSION * dim
        self.first = HyperLinear(num_members, dim, inner_dim, generator)
        size = math.sqrt(2.0 / inner_dim)
        self.scaler = Scaler(num_members, inner_dim, size, size)
        self.second = HyperLinear(num_members, inner_dim, dim, generator)
        self.share = Scaler(num_members, dim, initial_share, 1.0 / math.sqrt(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, dim) of length one."""
        goal = to_sphere(self.second(torch.relu(self.scaler(self.first(x)))))
        return to_sphere(x + self.share(goal - x))


class HypersphericalNet(nn.Module):
    """(B, in_dim), the same for all members, to (E, B, out_dim)."""

    def __init__(
        self,
        num_members: int,
        in_dim: int,
        block_dims: Sequence[int],
        out_dim: int,
        generator: torch.Generator,
        *,
        shift: float,
    ) -> None:
        """Build it.

        Args:
            num_members: E.
            in_dim: Numbers per row.
            block_dims: Units of each block, all the same.
            out_dim: Numbers in an answer.
            generator: Of the weights.
            shift: Put beside the row before it is scaled to length one, so that its length still
                tells (eq. 7).
        """
        super().__init__()
        self.num_members, self.shift = num_members, shift
        dim, size = block_dims[0], math.sqrt(2.0 / block_dims[0])
        self.embed = HyperLinear(num_members, in_dim + 1, dim, generator)
        self.embed_scaler = Scaler(num_members, dim, size, size)
        share = 1.0 / (len(block_dims) + 1)
        self.blocks = nn.ModuleList(
            LerpBlock(num_members, dim, share, generator) for _ in block_dims
        )
        self.head = HyperLinear(num_members, dim, dim, generator)
        self.head_scaler = Scaler(num_members, dim, 1.0, 1.0)
        self.out = HyperLinear(num_members, dim, out_dim, generator)
        self.out_bias = nn.Parameter(torch.zeros(num_members, 1, out_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, out_dim)."""
        out: Tensor = self.out(self.head_scaler(self.head(self.features(x)))) + self.out_bias
        return out

    def features(self, x: Tensor) -> Tensor:
        """Return (E, B, dim) of length one, what the head sees."""
        shifted = functional.pad(x, (0, 1), value=self.shift)
        h = to_sphere(shifted).expand(self.num_members, -1, -1)
        h = to_sphere(self.embed_scaler(self.embed(h)))
        for block in self.blocks:
            h = block(h)
        return h


def project_to_sphere_(network: nn.Module) -> None:
    """Bring all weights of its hyperspherical layers back to length one, due after each step."""
    for module in network.modules():
        if isinstance(module, HyperLinear):
            module.project_()
