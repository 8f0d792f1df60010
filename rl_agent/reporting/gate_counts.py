"""The gate's counters as it published them once a second: how often, and how far, per reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GATE = "safety_node"


@dataclass(frozen=True)
class GateCounts:
    """One report of the gate's diagnostics."""

    received_s: float
    """By the recorder's clock."""
    values: Mapping[str, str]

    def number(self, key: str) -> float:
        """Return a number; 0 for what is missing or none."""
        try:
            value = float(self.values.get(key, "0"))
        except ValueError:
            return 0.0
        return value if math.isfinite(value) else 0.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one reason did within a stretch of time."""

    ticks: int
    """How often it was given."""
    mean: float
    """How far it moved a command, on average over its ticks [rad/s or m/s, all joints]."""


def read_counts(received_s: float, message: Any) -> GateCounts | None:
    """Return the gate's report in a DiagnosticArray; None if it is another node's."""
    for status in message.status:
        if status.name.rsplit("/", 1)[-1] == GATE:
            return GateCounts(received_s, {item.key: item.value for item in status.values})
    return None


def changes_between(
    counts: Sequence[GateCounts], start_s: float = -math.inf, end_s: float = math.inf
) -> dict[str, Change]:
    """Return per `Reason` name what happened from `start_s` to `end_s`, to the nearest reports."""
    found = [report for report in counts if report.received_s <= end_s]
    if not found:
        return {}
    before = [report for report in found if report.received_s <= start_s]
    first, last = (before or found)[-1 if before else 0], found[-1]
    if last.number("tick") < first.number("tick"):
        first = GateCounts(0.0, {})  # the gate was started anew, and counts from 0
    changes = {}
    for key in last.values:
        if key.startswith("ticks_") and key.removeprefix("ticks_"):
            name = key.removeprefix("ticks_")
            ticks = round(last.number(key) - first.number(key))
            share = last.number(f"share_{name}") - first.number(f"share_{name}")
            if ticks > 0:
                changes[name.upper()] = Change(ticks=ticks, mean=max(share, 0.0) / ticks)
    return changes
