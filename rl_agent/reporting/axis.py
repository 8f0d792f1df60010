"""The scale of a chart: which value stands where, and which values are written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Axis:
    """One direction of a chart."""

    label: str
    lower: float
    upper: float
    ticks: tuple[tuple[float, str], ...]
    """(value, text) from low to high."""
    is_log: bool = False

    @classmethod
    def linear(cls, label: str, lower: float, upper: float, *, unit: str = "") -> Self:
        """Return an axis with four to six round ticks."""
        upper = upper if upper > lower else lower + 1.0
        step = _round_step((upper - lower) / 5.0)
        first = math.ceil(lower / step - 1e-9)
        last = math.floor(upper / step + 1e-9)
        values = [index * step for index in range(first, last + 1)]
        return cls(label, lower, upper, tuple((v, _number(v, step) + unit) for v in values))

    @classmethod
    def logarithmic(cls, label: str, lower: float, upper: float, *, unit: str = "") -> Self:
        """Return an axis with ticks at 1, 2 and 5 of every decade, or at the decades."""
        decades = range(math.floor(math.log10(lower)), math.ceil(math.log10(upper)) + 1)
        digits = (1, 2, 5) if math.log10(upper / lower) < 3.0 else (1,)
        values = [d * 10.0**e for e in decades for d in digits]
        inside = [v for v in values if lower * (1 - 1e-9) <= v <= upper * (1 + 1e-9)]
        return cls(label, lower, upper, tuple((v, f"{v:g}{unit}") for v in inside), is_log=True)

    def share(self, value: float) -> float:
        """Return where a value stands, 0 at the lower end and 1 at the upper, clipped to both."""
        low, high = self.lower, self.upper
        if self.is_log:
            value, low, high = math.log(max(value, low)), math.log(low), math.log(high)
        return min(1.0, max(0.0, (value - low) / (high - low)))


def _round_step(rough: float) -> float:
    decade = 10.0 ** math.floor(math.log10(rough))
    return decade * next(
        digit for digit in (1.0, 2.0, 5.0, 10.0) if digit * decade >= rough * 0.999
    )


def _number(value: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(value) >= 10_000:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.{decimals}f}".replace("-", "\u2212")
