"""Batch normalisation, and batch renormalisation, which grows into it (Ioffe 2017, algorithm 1).

A forward pass writes nothing: it hands the batch's moments out, and `follow_` takes them into the
running ones afterwards, so that a compiled loss stays a pure function.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

RATE = 0.01
"""Of the running moments, per update: 1 minus the momentum of the CrossQ paper."""
EPSILON = 1e-3
"""Added to variances."""
MAX_SCALE = 3.0
MAX_SHIFT = 5.0
"""How far renormalisation may correct a batch: r_max and d_max of the paper."""


class BatchNorm(nn.Module):
    """(..., B, D) normalised over B: by running moments, or in training by the batch's own.

    Training with `renorm_starts` set corrects the batch's moments, after so many updates, to the
    running ones within bounds: r and d of the paper, which here come at once and not by degrees,
    as CrossQ's authors do it.

    Unlike theirs, the first 1 / RATE updates are averaged evenly: running moments are right from
    the first update on, which a robot that acts after a few hundred of them needs.
    """

    running_mean: Tensor
    running_variance: Tensor
    num_updates: Tensor

    def __init__(
        self,
        shape: Sequence[int],
        *,
        renorm_starts: int | None = None,
        has_affine: bool = True,
    ) -> None:
        """Build it.

        Args:
            shape: Of moments, scale and shift: (1, D), or (E, 1, D) for E members.
            renorm_starts: Updates after which renormalisation begins; None for never.
            has_affine: Whether a learned scale and shift follow.
        """
        super().__init__()
        self.renorm_starts = renorm_starts
        self.has_affine = has_affine
        if has_affine:
            self.weight = nn.Parameter(torch.ones(*shape))
            self.bias = nn.Parameter(torch.zeros(*shape))
        self.register_buffer("running_mean", torch.zeros(*shape))
        self.register_buffer("running_variance", torch.ones(*shape))
        self.register_buffer("num_updates", torch.zeros(()))

    def forward(self, x: Tensor, moments: list[Tensor] | None = None) -> Tensor:
        """Return the shape of `x`; a list asks for training, and gets the mean and variance."""
        if moments is None:
            mean, variance = self.running_mean, self.running_variance
            return self._scaled((x - mean) / (variance + EPSILON).sqrt())
        mean = x.mean(-2, keepdim=True)
        variance = (x - mean).square().mean(-2, keepdim=True)
        moments += [mean.detach(), variance.detach()]
        std = (variance + EPSILON).sqrt()
        normal = (x - mean) / std
        if self.renorm_starts is not None:
            has_begun = self.num_updates >= self.renorm_starts
            scale, shift = self._correction(mean.detach(), std.detach(), has_begun)
            normal = normal * scale + shift
        return self._scaled(normal)

    def _correction(self, mean: Tensor, std: Tensor, has_begun: Tensor) -> tuple[Tensor, Tensor]:
        running_std = (self.running_variance + EPSILON).sqrt()
        scale = (std / running_std).clamp(1.0 / MAX_SCALE, MAX_SCALE)
        shift = ((mean - self.running_mean) / running_std).clamp(-MAX_SHIFT, MAX_SHIFT)
        return torch.where(has_begun, scale, 1.0), torch.where(has_begun, shift, 0.0)

    def _scaled(self, normal: Tensor) -> Tensor:
        return normal * self.weight + self.bias if self.has_affine else normal

    @torch.no_grad()
    def affine(self) -> tuple[Tensor, Tensor]:
        """Return factor and offset (..., 1, D) in float64, what it computes on running moments."""
        factor = (self.running_variance.double() + EPSILON).rsqrt()
        offset = -self.running_mean.double() * factor
        if self.has_affine:
            factor, offset = factor * self.weight, offset * self.weight + self.bias
        return factor, offset

    @torch.no_grad()
    def follow(self, mean: Tensor, variance: Tensor) -> None:
        """Take a batch's moments into the running ones."""
        self.num_updates.add_(1.0)
        rate = (1.0 / self.num_updates).clamp_min(RATE)
        self.running_mean.add_(rate * (mean - self.running_mean))
        self.running_variance.add_(rate * (variance - self.running_variance))


def packed(moments: Sequence[Tensor]) -> Tensor:
    """Return (N,), what a forward pass handed out as one vector."""
    return torch.cat([moment.flatten() for moment in moments])


def follow_(
    network: nn.Module,
    moments: Tensor,  # (N,) packed
) -> None:
    """Take moments into all batch norms of a network, which it must pass in their order."""
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    sizes = [norm.running_mean.numel() for norm in norms for _ in range(2)]
    parts = iter(moments.split(sizes))
    for norm in norms:
        shape = norm.running_mean.shape
        norm.follow(next(parts).view(shape), next(parts).view(shape))
