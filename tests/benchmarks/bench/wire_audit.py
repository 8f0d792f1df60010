"""Were commands and robot within the limits, by what a witness saw between two moments?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rl_agent.reporting.recording import AppliedSeries
from rl_agent.spec import RobotSpec
from rl_agent.types import SafetyState
from surefoot_nodes.faults.timeline import Applied, Timeline

from .tick_audit import TickAudit

LIMITS = ("position", "velocity", "acceleration", "jerk", "velocity_curve", "velocity_field")


@dataclass(frozen=True)
class WireAudit:
    """What was found."""

    num_ticks: int
    num_violations: int
    words: str
    beyond: float
    """How far a measured joint was beyond a hard limit [rad or m]."""


def audit_wire(spec: RobotSpec, timeline: Timeline, start_s: float, end_s: float) -> WireAudit:
    """Judge the commands by tick sequence, and the robot's own readings."""
    applied = [a for a in timeline.applied if start_s <= a.received_s <= end_s]
    audit = TickAudit(spec)
    audit.note_series(as_series(applied))
    counts = audit.finish().counts
    words = ", ".join(f"{name} {counts[name]}" for name in LIMITS if name in counts)
    readings = [j.position for j in timeline.robot if start_s <= j.received_s <= end_s]
    position = np.array(readings)[:, list(spec.command_index)]
    lower = np.array([joint.lower for joint in spec.command_joints])
    upper = np.array([joint.upper for joint in spec.command_joints])
    beyond = float(np.maximum(lower - position, position - upper).max())
    violations = sum(counts[name] for name in LIMITS) + counts["not_finite"]
    return WireAudit(counts["ticks"], violations, words, max(beyond, 0.0))


def as_series(applied: list[Applied]) -> AppliedSeries:
    """Return a witness's commands as a recording has them."""
    return AppliedSeries(
        stamps_ns=np.array([a.stamp_ns for a in applied], dtype=np.int64),
        received_s=np.array([a.received_s for a in applied]),
        position=np.array([a.position for a in applied]),
        velocity=np.array([a.velocity for a in applied]),
        ticks=np.array([a.tick for a in applied], dtype=np.int64),
        reasons=np.array([a.reasons for a in applied], dtype=np.int64),
        states=tuple(SafetyState[a.state] for a in applied),
        sources=tuple(a.source for a in applied),
    )
