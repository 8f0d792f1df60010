"""A plain multilayer perceptron: linear, optional layer norm, ReLU; the last layer is linear."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from .initialization import uniform_fan_in_


class Mlp(nn.Module):
    """(B, in_dim) to (B, out_dim)."""

    def __init__(
        self,
        in_dim: int,
        hidden_dims: Sequence[int],
        out_dim: int,
        generator: torch.Generator,
        *,
        use_layer_norm: bool = False,
    ) -> None:
        super().__init__()
        dims = [in_dim, *hidden_dims, out_dim]
        self.layers = nn.ModuleList(_linear(a, b, generator) for a, b in pairwise(dims))
        self.norms = nn.ModuleList(nn.LayerNorm(d) for d in hidden_dims if use_layer_norm)

    def forward(self, x: Tensor, hidden_dtype: torch.dtype = torch.float32) -> Tensor:
        """Return (B, out_dim).

        Args:
            x: (B, in_dim).
            hidden_dtype: Of the products between hidden layers; first and last are float32.
        """
        return self.layers[-1](self.features(x, hidden_dtype))

    def features(self, x: Tensor, hidden_dtype: torch.dtype = torch.float32) -> Tensor:
        """Return (B, hidden), what the last layer sees."""
        for index, layer in enumerate(self.layers[:-1]):
            x = _linear_in(layer, x, hidden_dtype) if index else layer(x)
            if len(self.norms):
                x = self.norms[index](x)
            x = torch.relu(x)
        return x


def _linear_in(layer: nn.Module, x: Tensor, dtype: torch.dtype) -> Tensor:
    assert isinstance(layer, nn.Linear)
    if dtype is torch.float32:
        return functional.linear(x, layer.weight, layer.bias)
    weight, bias = layer.weight.to(dtype), layer.bias.to(dtype)
    return functional.linear(x.to(dtype), weight, bias).to(torch.float32)


def _linear(in_dim: int, out_dim: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(in_dim, out_dim)
    uniform_fan_in_(layer.weight, in_dim, generator)
    uniform_fan_in_(layer.bias, in_dim, generator)
    return layer
