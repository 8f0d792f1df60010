"""Dropout whose units are drawn outside of the update, at the cost of those that are dropped."""

from __future__ import annotations

import numpy as np
from torch import Tensor


def draw_kept(rng: np.random.Generator, kept: Tensor, rate: float) -> None:
    """Fill a mask in place, each unit by itself False with probability `rate`, 0 < rate < 1.

    Gaps between dropped units are geometric: at the usual 1 % that is a hundredth of the numbers
    that one per unit would need.
    """
    flat = kept.view(-1).numpy()
    flat.fill(True)
    size = flat.size
    enough = int(rate * size + 6.0 * np.sqrt(size)) + 1
    start = -1
    while start < size:
        dropped = start + np.cumsum(rng.geometric(rate, enough))
        flat[dropped[dropped < size]] = False
        start = int(dropped[-1])


def apply_dropout(
    x: Tensor,
    kept: Tensor,  # like x, bool
    rate: float,
) -> Tensor:
    """Zero the units that are not kept, and scale the others by 1 / (1 - rate)."""
    return x * kept * (1.0 / (1.0 - rate))
