"""Parts of a report from a recording: commands, timing, interventions, smoothness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rl_agent.safety.leaning import is_limited
from rl_agent.spec import RobotSpec
from rl_agent.tasks.reach import TOLERANCE_M
from rl_agent.types import Array

from .gate_counts import Change, changes_between
from .limit_audit import audit_commands, velocities
from .recording import AppliedSeries, Recording
from .report import (
    Commands,
    CommandShares,
    Interventions,
    SmoothnessFigures,
    SpeedExample,
    Timing,
)
from .smoothness import Smoothness, compare_smoothness, minimum_jerk_like
from .timing import answer_latencies, interval_statistics

ToolOf = Callable[[Array], Array]
"""Command positions (num_commands,) to the tool's position (3,) in the base frame [m]."""
STRETCH_S = 6.0
"""Of commands shown in the report."""
SHORTEST_WINDOW_S = 0.5
REPORT_S = 1.0
"""The gate reports its counts that often."""


class GoalWindow(NamedTuple):
    """One reach."""

    position: Array
    """(N, num_commands) [rad or m]."""
    goal: Array
    """(3,) in the base frame [m]."""


def describe_commands(spec: RobotSpec, recording: Recording) -> Commands:
    """Return the audit of all commands, and a stretch from the first target on."""
    audit = audit_commands(spec, recording.applied.trace())
    violations = {name: asdict(audit)[name] for name in ("position", "velocity", "acceleration")}
    return Commands(
        num_ticks=audit.num_ticks,
        num_gaps=audit.num_gaps,
        violations=violations,
        stretch=_stretch(spec, recording),
    )


def describe_timing(spec: RobotSpec, recording: Recording) -> Timing | None:
    """Return how the processes kept time while driving; None if too little was recorded."""
    recording = recording.driven()
    applied, proposals = recording.applied, recording.proposals
    if len(applied.ticks) < 2 or len(proposals.received_s) < 2:
        return None
    latencies = answer_latencies(recording.measurements.arrivals(), applied.policy_arrivals())
    policy = interval_statistics(proposals.received_s, spec.policy_period_s)
    gate = interval_statistics(applied.received_s, spec.gate_period_s)
    return Timing(
        latencies_ms=tuple(np.round(1e3 * latencies, 3).tolist()),
        policy_hz=spec.policy_hz,
        policy_late_share=policy.late_share,
        gate_hz=spec.gate_hz,
        gate_late_share=gate.late_share,
    )


def describe_interventions(recording: Recording) -> Interventions:
    """Return what the gate changed while driving, by reason: how often, and how far."""
    applied = recording.driven().applied
    following = np.array([source != "" for source in applied.sources], dtype=np.bool_)
    changes: dict[str, Change] = {}
    if len(applied.ticks):
        start_s, end_s = applied.received_s[[0, -1]].tolist()
        changes = changes_between(recording.counts, start_s, end_s + REPORT_S)
    return Interventions(
        num_ticks=len(applied.ticks),
        ticks=applied.interventions(),
        mean_change={name: round(c.mean, 6) for name, c in changes.items() if c.mean > 0.0},
        limited_ticks=int(np.sum(is_limited(applied.reasons) & following)),
        following_ticks=int(following.sum()),
    )


def describe_smoothness(
    spec: RobotSpec, recording: Recording, key: str, tool_of: ToolOf
) -> SmoothnessFigures | None:
    """Return one controller's smoothness; None without a whole reach."""
    result = smoothness_of(spec, recording, tool_of)
    if result is None:
        return None
    return SmoothnessFigures(
        key=key,
        sign_changes_per_s=result.sign_changes_per_s,
        reference_sign_changes_per_s=result.reference_sign_changes_per_s,
        energy=result.energy,
        reference_energy=result.reference_energy,
        rest_speed=result.rest_speed,
    )


def smoothness_of(spec: RobotSpec, recording: Recording, tool_of: ToolOf) -> Smoothness | None:
    """Return the smoothness of all whole reaches; None without one."""
    windows = goal_windows(spec, recording)
    if not windows:
        return None
    arrivals = [arrival_step(window, tool_of) for window in windows]
    return compare_smoothness([window.position for window in windows], arrivals, spec.gate_period_s)


def arrival_step(window: GoalWindow, tool_of: ToolOf) -> int:
    """Return the step from which the commanded tool stays within 2 cm of the goal."""
    errors = [float(np.linalg.norm(tool_of(command) - window.goal)) for command in window.position]
    outside = np.flatnonzero(np.array(errors) > TOLERANCE_M)
    return int(outside[-1]) + 1 if len(outside) else 0


def speed_example(spec: RobotSpec, recording: Recording, tool_of: ToolOf) -> SpeedExample | None:
    """Return the joint speed during the reach with the longest way."""
    windows = goal_windows(spec, recording)
    if not windows:
        return None
    period_s = spec.gate_period_s
    window = max(windows, key=lambda w: float(np.linalg.norm(w.position[-1] - w.position[0])))
    ideal = minimum_jerk_like(window.position, arrival_step(window, tool_of))
    speeds = [
        np.linalg.norm(np.diff(path, axis=0), axis=1) / period_s
        for path in (window.position, ideal)
    ]
    return SpeedExample(
        time_s=tuple(np.round(period_s * np.arange(1, len(window.position)), 4).tolist()),
        speed=tuple(np.round(speeds[0], 4).tolist()),
        ideal=tuple(np.round(speeds[1], 4).tolist()),
    )


def goal_windows(spec: RobotSpec, recording: Recording) -> list[GoalWindow]:
    """Return the commands from one goal to the next, without gaps.

    Only reaches that were commanded throughout count: nothing missing, the gate armed.
    """
    applied = recording.applied
    starts = np.searchsorted(applied.received_s, recording.goal_received_s)
    windows = []
    for goal, (first, last) in zip(recording.goals, pairwise(starts.tolist()), strict=False):
        part = slice(max(0, first - 1), last)
        is_long = last - first >= SHORTEST_WINDOW_S / spec.gate_period_s
        if is_long and _is_whole(applied, part):
            windows.append(GoalWindow(applied.position[part], goal))
    return windows


def _is_whole(applied: AppliedSeries, part: slice) -> bool:
    is_armed = not applied.trace().is_braking[part].any()
    return bool(is_armed and (np.diff(applied.ticks[part]) == 1).all())


def _stretch(spec: RobotSpec, recording: Recording) -> CommandShares | None:
    applied = recording.applied
    count = round(STRETCH_S / spec.gate_period_s)
    goals = recording.goal_received_s
    first = int(np.searchsorted(applied.received_s, goals[0])) if len(goals) else 0
    part = slice(first, first + count)
    if len(applied.ticks[part]) < 3:
        return None
    joints = spec.command_joints
    middle = np.array([0.5 * (joint.upper + joint.lower) for joint in joints])
    half = np.array([0.5 * (joint.upper - joint.lower) - joint.margin for joint in joints])
    velocity, _ = velocities(applied.trace(), spec.gate_period_s)
    acceleration = np.diff(velocity, axis=0) / spec.gate_period_s
    part = slice(max(2, part.start), part.stop)
    shown = slice(part.start - 2, part.stop - 2)
    ticks = applied.ticks[part] - applied.ticks[part][0]
    position = (applied.position[part] - middle) / half
    return CommandShares(
        joints=spec.command_names,
        time_s=tuple(np.round(ticks * spec.gate_period_s, 4).tolist()),
        position=_columns(position),
        velocity=_columns(velocity[1:][shown] / [joint.max_velocity for joint in joints]),
        acceleration=_columns(acceleration[shown] / [j.max_acceleration for j in joints]),
    )


def _columns(values: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(column) for column in np.round(values.T, 4).tolist())
