"""What `surefoot explain` finds out: plain values, that become text or JSON.

Times are seconds relative to the trip, or to the recording's start where nothing tripped.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class TripFacts:
    """What the gate said when it tripped."""

    utc: str | None
    """ISO 8601; None where the recording does not say."""
    state: str
    cause: str
    reasons: tuple[str, ...]
    number: int
    """Of `total` trips in this recording, counted from 1."""
    total: int


@dataclass(frozen=True, kw_only=True)
class StateFacts:
    """One change of state."""

    at_s: float
    state: str
    cause: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """What one source did in the last second before the cause."""

    name: str
    expected_hz: float
    rate_hz: float
    """Usable messages in that second."""
    age_s: float | None
    """Of its last usable message when the gate tripped; None if it was never heard."""
    num_bad: int
    """Messages in the whole recording that were malformed or not finite."""
    num_repeated: int
    """Messages whose stamp was not new."""


@dataclass(frozen=True, kw_only=True)
class JointFacts:
    """One command joint when braking began."""

    name: str
    unit: str
    """`rad` or `m`."""
    commanded: float
    """Velocity of the last command before braking [unit/s]."""
    measured: float | None
    """[unit/s]; None without a reading."""
    share: float
    """Commanded speed as a share of the joint's limit."""
    way: float
    """How far the commands still went until they stood [unit]."""
    measured_way: float | None
    """How far the joint itself still went [unit]."""


@dataclass(frozen=True, kw_only=True)
class ChangeFacts:
    """What the gate changed before the trip, for one reason."""

    reason: str
    ticks: int
    share: float
    """Of all ticks before the trip."""
    mean: float | None
    """How far, on average over its ticks [rad/s or m/s, all joints]; None where unknown."""


@dataclass(frozen=True, kw_only=True)
class BrakingFacts:
    """From the cause to standstill."""

    cause: str
    """What the clock starts at, in words."""
    cause_at_s: float
    first_command_s: float | None
    """From the cause to the first braking command; None if the gate sent none."""
    commanded_rest_s: float | None
    """From the first braking command until commands stand; None if they did not."""
    measured_rest_s: float | None
    """From there until the robot stands; None if it did not, or no readings came."""
    was_moving: bool
    """Whether any joint was commanded to move when braking began."""


@dataclass(frozen=True, kw_only=True)
class LimitFacts:
    """The audit of all commands in the recording."""

    num_ticks: int
    num_gaps: int
    violations: dict[str, int]
    """Ticks outside each limit."""

    @property
    def are_kept(self) -> bool:
        """Whether no command left any limit."""
        return not any(self.violations.values())


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Everything that is told."""

    path: str
    robot: str
    description: str
    start_s: float
    end_s: float
    trip: TripFacts | None
    timeline: tuple[StateFacts, ...]
    sources: tuple[SourceFacts, ...]
    joints: tuple[JointFacts, ...]
    changes: tuple[ChangeFacts, ...]
    leaning_share: float
    """Of the followed proposals before the trip that a limit changed."""
    braking: BrakingFacts | None
    limits: LimitFacts | None
    """None where nothing was commanded, or positions say nothing (velocity controllers)."""
    remedies: tuple[str, ...]
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """Return the text that `--json` prints."""
        values: dict[str, Any] = _finite(asdict(self))
        if self.limits is not None:
            values["limits"]["are_kept"] = self.limits.are_kept
        return json.dumps(values, indent=1, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return round(value, 9) if math.isfinite(value) else None
    return value
