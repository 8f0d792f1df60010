"""E perceptrons evaluated at once: weights are stacked (E, in, out) for one batched product.

Layer order is DroQ's (Hiraoka et al. 2022): linear, dropout, layer norm, ReLU.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from .dropout import apply_dropout
from .initialization import uniform_fan_in_


class EnsembleLinear(nn.Module):
    """(E, B, in_dim) to (E, B, out_dim), each member with its own weights."""

    bias: nn.Parameter | None

    def __init__(
        self,
        num_members: int,
        in_dim: int,
        out_dim: int,
        generator: torch.Generator,
        *,
        has_bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_members, in_dim, out_dim))
        uniform_fan_in_(self.weight, in_dim, generator)
        if has_bias:
            self.bias = nn.Parameter(torch.empty(num_members, 1, out_dim))
            uniform_fan_in_(self.bias, in_dim, generator)
        else:
            self.register_parameter("bias", None)

    def forward(self, x: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return (E, B, out_dim), computed in `dtype`."""
        if self.bias is None:
            return torch.bmm(x, self.weight)
        if dtype is torch.float32:
            return torch.baddbmm(self.bias, x, self.weight)
        product = torch.baddbmm(self.bias.to(dtype), x.to(dtype), self.weight.to(dtype))
        return product.to(torch.float32)


class EnsembleLayerNorm(nn.Module):
    """Layer norm (Ba et al. 2016) over the last axis, with each member's own scale and shift."""

    def __init__(self, num_members: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_members, 1, dim))
        self.bias = nn.Parameter(torch.zeros(num_members, 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return (E, B, dim)."""
        return functional.layer_norm(x, (x.shape[-1],)) * self.weight + self.bias


class EnsembleMlp(nn.Module):
    """(B, in_dim), the same for all members, to (E, B), or (E, B, out_dim) for several outputs."""

    def __init__(
        self,
        num_members: int,
        in_dim: int,
        hidden_dims: Sequence[int],
        generator: torch.Generator,
        *,
        out_dim: int = 1,
        use_layer_norm: bool = False,
        dropout_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.num_members = num_members
        self.dropout_rate = dropout_rate
        dims = [in_dim, *hidden_dims, out_dim]
        self.layers = nn.ModuleList(
            EnsembleLinear(num_members, a, b, generator) for a, b in pairwise(dims)
        )
        self.norms = nn.ModuleList(
            EnsembleLayerNorm(num_members, dim) for dim in hidden_dims if use_layer_norm
        )

    def forward(
        self,
        x: Tensor,
        kept_units: Sequence[Tensor] = (),
        hidden_dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Return (E, B) or (E, B, out_dim).

        Args:
            x: (B, in_dim).
            kept_units: Per hidden layer (E, B, hidden) bool; none for no dropout.
            hidden_dtype: Of the products between hidden layers; first and last are float32.
        """
        h = x.expand(self.num_members, -1, -1)
        for index, layer in enumerate(self.layers[:-1]):
            h = layer(h, hidden_dtype) if index else layer(h)
            if kept_units:
                h = apply_dropout(h, kept_units[index], self.dropout_rate)
            if len(self.norms):
                h = self.norms[index](h)
            h = torch.relu(h)
        out: Tensor = self.layers[-1](h)
        return out.squeeze(-1) if out.shape[-1] == 1 else out
