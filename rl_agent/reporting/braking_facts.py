"""Where braking began in a recording, how fast the robot was, and where it came to stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array, SafetyState

from .recording import JointSeries, Recording

REST_SHARE = 0.02
"""Of a joint's speed limit: slower counts as standing, as it does for arming."""


class Braking(NamedTuple):
    """Per command joint, in profile order."""

    first_command_s: float | None
    """When the first braking command was heard; None if there was none."""
    commanded_rest_s: float | None
    """From then on until commands stand."""
    measured_rest_s: float | None
    """From then on until the robot stands."""
    commanded: Array
    """(num_commands,) velocity before braking [rad/s or m/s]."""
    measured: Array | None
    """(num_commands,) measured velocity then."""
    way: Array
    """(num_commands,) from there to the commands' rest [rad or m]."""
    measured_way: Array | None


def find_braking(
    spec: RobotSpec, recording: Recording, cause_s: float, early_s: float = 0.0
) -> Braking | None:
    """Return the braking that followed `cause_s`; None if nothing was commanded before it.

    Args:
        spec: The robot.
        recording: Its measurements and applied commands.
        cause_s: By the recorder's clock.
        early_s: The first braking command may be heard this much before what caused it.
    """
    applied = recording.applied
    if not len(applied.ticks) or applied.received_s[0] > cause_s:
        return None
    is_armed = np.array([state is SafetyState.ARMED for state in applied.states])
    after = applied.received_s >= cause_s - early_s
    braking = np.flatnonzero(after & ~is_armed)
    first = int(braking[0]) if len(braking) else len(is_armed)
    rearmed = np.flatnonzero(is_armed[first:])
    last = first + int(rearmed[0]) if len(rearmed) else len(is_armed)
    before = max(first - 1, 0)
    begin_s = float(applied.received_s[first]) if first < len(is_armed) else cause_s
    end_s = float(applied.received_s[last]) if last < len(is_armed) else np.inf
    still = np.flatnonzero(~applied.velocity[first:last].any(axis=1))
    rest = first + int(still[0]) if len(still) else None
    stop = rest if rest is not None else last - 1
    measured = _command_joints(recording.measurements, spec).between(-np.inf, end_s)
    motion = _measured(spec, measured, begin_s)
    return Braking(
        first_command_s=begin_s if first < len(is_armed) else None,
        commanded_rest_s=None if rest is None else float(applied.received_s[rest]) - begin_s,
        measured_rest_s=motion.rest_s,
        commanded=applied.velocity[before],
        measured=motion.velocity,
        way=np.abs(applied.position[stop] - applied.position[before]),
        measured_way=motion.way,
    )


class _Motion(NamedTuple):
    rest_s: float | None
    velocity: Array | None
    way: Array | None


def _command_joints(series: JointSeries, spec: RobotSpec) -> JointSeries:
    index = list(spec.command_index)
    return JointSeries(
        series.stamps_ns, series.received_s, series.position[:, index], series.velocity[:, index]
    )


def _measured(spec: RobotSpec, series: JointSeries, begin_s: float) -> _Motion:
    """Return how the robot itself came to stand from `begin_s` on."""
    start = int(np.searchsorted(series.received_s, begin_s, side="right")) - 1
    if start < 0:
        return _Motion(None, None, None)
    limit = np.array([joint.max_velocity for joint in spec.command_joints])
    is_moving = (np.abs(series.velocity[start:]) > REST_SHARE * limit).any(axis=1)
    moving = np.flatnonzero(is_moving)
    rest = start + int(moving[-1]) + 1 if len(moving) else start
    velocity = series.velocity[start]
    if rest >= len(series.received_s):
        return _Motion(None, velocity, np.abs(series.position[-1] - series.position[start]))
    rest_s = max(float(series.received_s[rest]) - begin_s, 0.0)
    return _Motion(rest_s, velocity, np.abs(series.position[rest] - series.position[start]))
