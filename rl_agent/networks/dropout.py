"""Dropout whose random bits are drawn outside: 16 bits per unit cost a tenth of uniform floats."""

from __future__ import annotations

from torch import Tensor

_LEVELS = 1 << 16


def dropout_threshold(rate: float) -> int:
    """Return the int16 below which a unit is dropped; the rate is rounded to 1/65536."""
    return round(rate * _LEVELS) - _LEVELS // 2


def apply_dropout(
    x: Tensor,
    bits: Tensor,  # like x, int16, uniform
    rate: float,
) -> Tensor:
    """Zero units with probability `rate` and scale the others by 1 / (1 - rate)."""
    keep = bits >= dropout_threshold(rate)
    return x * keep * (1.0 / (1.0 - rate))
