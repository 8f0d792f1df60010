"""What a demonstration found out: the content of report.json, from which the page is drawn.

SI units; the page turns metres into millimetres and shares into per cent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rl_agent.exceptions import ReportError

SCHEMA_VERSION = 1
FILE_NAME = "report.json"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the demonstration."""

    name: str
    seconds: float
    summary: str
    """What came out of it, in one plain sentence."""


@dataclass(frozen=True, kw_only=True)
class LearningPoint:
    """One evaluation while learning."""

    env_step: int
    success_share: float
    """Of the evaluation's targets, in [0, 1]."""
    error_m: float | None = None
    """Median distance to the target at the end of an attempt [m]."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the policy was learned."""

    env_steps: int
    gradient_steps: int
    seconds: float
    curve: tuple[LearningPoint, ...] = ()
    """Tests without exploration, on fresh targets."""
    practice: tuple[LearningPoint, ...] = ()
    """Share of the latest practice attempts that ended at their target."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One attempt to reach one target."""

    goal_m: tuple[float, float, float]
    is_success: bool
    """Within the tolerance for half a second, inside the time limit."""
    time_to_target_s: float | None
    """Until the half second began; None if it never did."""
    final_error_m: float


@dataclass(frozen=True, kw_only=True)
class ReachSeries:
    """What one controller made of its targets."""

    key: str
    """`policy`, `dls` or `random`."""
    trials: tuple[Trial, ...]

    @property
    def num_successes(self) -> int:
        """Targets reached."""
        return sum(trial.is_success for trial in self.trials)

    @property
    def success_share(self) -> float:
        """Share of the targets that were reached; 0 without any."""
        return self.num_successes / len(self.trials) if self.trials else 0.0

    @property
    def median_time_s(self) -> float | None:
        """Median time to target over the successes [s]."""
        times = sorted(t.time_to_target_s for t in self.trials if t.time_to_target_s is not None)
        if not times:
            return None
        middle = len(times) // 2
        return times[middle] if len(times) % 2 else 0.5 * (times[middle - 1] + times[middle])


@dataclass(frozen=True, kw_only=True)
class CommandShares:
    """A stretch of commands as recorded, each number a share of what the profile allows."""

    joints: tuple[str, ...]
    time_s: tuple[float, ...]
    position: tuple[tuple[float, ...], ...]
    """Per joint; -1 and 1 are the soft limits."""
    velocity: tuple[tuple[float, ...], ...]
    acceleration: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Commands:
    """The audit of all commands on the wire, and a stretch of them to look at."""

    num_ticks: int
    num_gaps: int
    violations: dict[str, int]
    """Ticks outside `position`, `velocity`, `acceleration` limits."""
    stretch: CommandShares | None = None


@dataclass(frozen=True, kw_only=True)
class SmoothnessFigures:
    """Of one controller, beside minimum-jerk reaches between the same poses."""

    key: str
    sign_changes_per_s: float
    reference_sign_changes_per_s: float
    energy: float
    """Of the commanded velocity above 5 Hz, mean per reach [rad2/s]."""
    reference_energy: float
    rest_speed: float


@dataclass(frozen=True, kw_only=True)
class SpeedExample:
    """One reach of the trained policy: the norm of the commanded joint speeds [rad/s]."""

    time_s: tuple[float, ...]
    speed: tuple[float, ...]
    ideal: tuple[float, ...]
    """Of the minimum-jerk reach between the same poses."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How quickly and how evenly the processes answered."""

    latencies_ms: tuple[float, ...]
    """From a reading's arrival at the recorder to the command computed from it."""
    policy_hz: float
    policy_late_share: float
    """Share of the policy's intervals longer than 1.5 periods."""
    gate_hz: float
    gate_late_share: float


@dataclass(frozen=True, kw_only=True)
class Interventions:
    """What the safety process changed while the trained policy was driving."""

    num_ticks: int
    ticks: dict[str, int]
    """Per `Reason` name, ticks at which it was given."""
    mean_change: dict[str, float] = field(default_factory=dict)
    """Per `Reason` name, how far it moved a command on average [rad/s or m/s, all joints]."""
    limited_ticks: int = 0
    """Ticks changed by a limit while following, the start ramp left out."""
    following_ticks: int = 0
    """Ticks at which a proposal was followed."""

    @property
    def leaning_share(self) -> float:
        """Share of the followed proposals that a limit changed, 0 to 1."""
        return self.limited_ticks / max(self.following_ticks, 1)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of the twin, a PNG beside the report."""

    file: str
    caption: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that the page shows. A part that is missing was not measured."""

    robot: str
    description: str
    task: str
    seed: int
    created: str
    """ISO 8601, UTC."""
    is_quick: bool
    folder: str
    """Where the run lies, as the user typed it."""
    tolerance_m: float
    hold_s: float
    limit_s: float
    machine: dict[str, str]
    versions: dict[str, str]
    stages: tuple[Stage, ...] = ()
    training: Training | None = None
    series: tuple[ReachSeries, ...] = ()
    commands: Commands | None = None
    smoothness: tuple[SmoothnessFigures, ...] = ()
    speed_example: SpeedExample | None = None
    timing: Timing | None = None
    interventions: Interventions | None = None
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    """What did not go as planned, in plain sentences."""
    schema_version: int = field(default=SCHEMA_VERSION)

    def of(self, key: str) -> ReachSeries | None:
        """Return the series of one controller."""
        return next((series for series in self.series if series.key == key), None)

    def to_json(self) -> str:
        """Return the text of report.json."""
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


def read_report(folder: Path) -> Report:
    """Read report.json of a demonstration's folder.

    Raises:
        ReportError: It is missing, of another schema, or does not hold.
    """
    from pydantic import TypeAdapter, ValidationError

    path = folder / FILE_NAME
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(f"{path}: cannot be read: {error}") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        message = f"{path}: expected schema_version {SCHEMA_VERSION}, found {version}"
        raise ReportError(message)
    try:
        return TypeAdapter(Report).validate_python(content)
    except ValidationError as error:
        raise ReportError(f"{path}: {error}") from error
