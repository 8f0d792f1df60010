"""One measured figure, printed as one JSON line."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What was measured, and what it must be."""

    row: str
    """`path-b`, or `path-b.NAME` where a row has several figures."""
    value: float | int | bool | str | None
    """None where nothing could be measured; `detail` says why."""
    unit: str
    bar: str | None
    """`<= 10`, `>= 97`, `= 0`; None for a figure that is only reported."""
    holds: bool | None
    detail: str = ""

    def line(self) -> str:
        """Return the JSON line; numbers that JSON does not know become text."""
        content: dict[str, Any] = asdict(self)
        if isinstance(self.value, float):
            is_finite = math.isfinite(self.value)
            content["value"] = float(f"{self.value:.6g}") if is_finite else str(self.value)
        return json.dumps(content, ensure_ascii=False)


def at_most(row: str, value: float, bar: float, unit: str, detail: str = "") -> Figure:
    """Return a figure that must not exceed its bar; NaN never holds."""
    return Figure(row, value, unit, f"<= {bar:g}", bool(value <= bar), detail)


def at_least(row: str, value: float, bar: float, unit: str, detail: str = "") -> Figure:
    """Return a figure that must not fall below its bar; NaN never holds."""
    return Figure(row, value, unit, f">= {bar:g}", bool(value >= bar), detail)


def equal(row: str, value: float | bool, bar: float | bool, unit: str, detail: str = "") -> Figure:
    """Return a figure that must be exactly its bar."""
    text = str(bar).lower() if isinstance(bar, bool) else f"{bar:g}"
    return Figure(row, value, unit, f"= {text}", value == bar, detail)


def reported(row: str, value: float | str, unit: str, detail: str = "") -> Figure:
    """Return a figure without a bar."""
    return Figure(row, value, unit, None, None, detail)


def failed(row: str, error: BaseException) -> Figure:
    """Return the figure of a row that could not be measured, which does not hold."""
    return Figure(row, None, "", None, False, f"{type(error).__name__}: {error}")
