"""How weights start: uniform within one over the root of the number of inputs, biases alike."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def uniform_fan_in_(tensor: Tensor, fan_in: int, generator: torch.Generator) -> Tensor:
    """Fill `tensor` from U(-1/sqrt(fan_in), 1/sqrt(fan_in)) in place and return it."""
    bound = 1.0 / math.sqrt(fan_in)
    with torch.no_grad():
        return tensor.uniform_(-bound, bound, generator=generator)
