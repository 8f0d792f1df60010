"""What a timeline says about one event: when braking began, when the robot stood. No ROS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array

from .timeline import Applied, Joints, Timeline, since

STANDS = 0.02
"""Of the speed limit: the gate's own measure of a joint that stands."""
JUMP_FACTOR = 1.5


@dataclass(frozen=True)
class Braking:
    """What followed one event in motion; times from the event [s], None where it never came."""

    speed: float
    """Largest commanded joint speed at the event [rad/s or m/s]."""
    first_brake_s: float | None
    is_latched: bool
    """STOPPED was reached, and kept to the end."""
    moved_again: bool
    """A command moved after it had come to rest."""


def judge_braking(timeline: Timeline, event_s: float, until_s: float) -> Braking:
    """Judge the commands on the wire from an event to `until_s`."""
    applied = since(timeline.applied, event_s, until_s)
    before = since(timeline.applied, event_s - 0.1, event_s)
    first = next((a for a in applied if a.is_braking), None)
    latched = [a.state == "STOPPED" for a in applied if first and a.received_s >= first.received_s]
    return Braking(
        speed=float(np.abs(before[-1].velocity).max()) if before else 0.0,
        first_brake_s=None if first is None else first.received_s - event_s,
        is_latched=any(latched) and all(latched[latched.index(True) :]),
        moved_again=_moves_again([a for a in applied if a.is_braking]),
    )


def _moves_again(braking: Sequence[Applied]) -> bool:
    speeds = [float(np.abs(a.velocity).max()) for a in braking]
    rest = next((i for i, speed in enumerate(speeds) if speed <= 1e-9), len(speeds))
    return any(speed > 1e-9 for speed in speeds[rest:])


@dataclass(frozen=True)
class Standstill:
    """How the robot itself came to rest after an event."""

    speed: float
    """Largest measured share-of-limit joint's speed at the event [rad/s or m/s]."""
    profile_s: float
    """What the brake profile takes from the speeds at the event."""
    standstill_s: float | None
    """From the event until every command joint stood, and stayed so while it was watched."""
    largest_step: float
    """Largest change of position between two readings, as a share of what the limit allows."""


def judge_standstill(
    spec: RobotSpec, timeline: Timeline, event_s: float, until_s: float
) -> Standstill:
    """Judge the robot's own motion; passive joints do not count."""
    readings = since(timeline.robot, event_s, until_s)
    before = since(timeline.robot, event_s - 0.05, event_s)
    index = list(spec.command_index)
    at_event = before[-1].velocity[index] if before else np.zeros(len(index))
    limits = np.array([joint.max_velocity for joint in spec.command_joints])
    brakes = np.array([joint.brake_deceleration for joint in spec.command_joints])
    moving = [bool((np.abs(r.velocity[index]) > STANDS * limits).any()) for r in readings]
    last = max((i for i, moves in enumerate(moving) if moves), default=-1)
    stands = readings[last + 1].received_s - event_s if last + 1 < len(readings) else None
    return Standstill(
        speed=float(np.abs(at_event).max()),
        profile_s=float((np.abs(at_event) / brakes).max()),
        standstill_s=stands,
        largest_step=largest_step(spec, [*before, *readings]),
    )


def largest_step(spec: RobotSpec, readings: Sequence[Joints]) -> float:
    """Return the largest move between two readings, as a share of max_velocity times their time."""
    if len(readings) < 2:
        return 0.0
    index = list(spec.command_index)
    position = np.array([r.position[index] for r in readings])
    stamps_s = np.array([r.stamp_ns for r in readings]) / 1e9
    limits = np.array([joint.max_velocity for joint in spec.command_joints])
    allowed = np.maximum(np.diff(stamps_s), 1.0 / spec.state_hz)[:, None] * limits
    return float((np.abs(np.diff(position, axis=0)) / allowed).max())


def periods_s(timeline: Timeline, from_s: float, until_s: float) -> Array:
    """Return the intervals between commands on the wire [s]."""
    return np.diff([a.received_s for a in since(timeline.applied, from_s, until_s)])


def observation_ages_s(timeline: Timeline, from_s: float, until_s: float) -> Array:
    """Return, per proposal that was followed, how old its observation was when it first acted [s].

    An observation's birth is its arrival at the witness.
    """
    births = {r.stamp_ns: r.received_s for r in since(timeline.joints, from_s - 10.0, until_s)}
    ages: dict[int, float] = {}
    for applied in since(timeline.applied, from_s, until_s):
        if applied.source and applied.stamp_ns in births:
            age_s = applied.received_s - births[applied.stamp_ns]
            ages.setdefault(applied.stamp_ns, age_s)
    return np.array(list(ages.values()))
