"""What happened after policy_node was killed, from the commands on the wire alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rl_agent.reporting.recording import AppliedSeries
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, SafetyState

STANDSTILL = 1e-9
"""[rad/s] of the command: a brake ends at exactly zero, up to rounding."""


@dataclass(frozen=True)
class Stop:
    """One kill in motion. Times in seconds on the recorder's clock."""

    speed: float
    """Largest commanded joint speed when the process was killed [rad/s]."""
    first_brake_s: float
    """From the kill to the first braking command on the wire."""
    standstill_s: float
    """From the first braking command to the first one at rest."""
    profile_s: float
    """What the brake profile takes from the speed that the braking began at."""
    is_latched: bool
    """STOPPED was reached, and kept to the end."""
    moved_again: bool
    """A command moved after the standstill."""


def judge_stop(spec: RobotSpec, applied: AppliedSeries, killed_s: float, until_s: float) -> Stop:
    """Judge the commands between a kill and `until_s`, before anybody resets anything.

    Raises:
        ValueError: No braking command, or no standstill, was recorded.
    """
    times = applied.received_s
    braking = np.array([state is not SafetyState.ARMED for state in applied.states])
    begin = _first(braking & (times >= killed_s) & (times <= until_s), "braking command")
    speed = np.abs(_tick_velocity(applied, spec.gate_period_s)).max(axis=1)
    rest = _first((speed <= STANDSTILL) & (np.arange(len(speed)) > begin), "command at rest")
    last = int(np.searchsorted(times, until_s, side="right"))
    at_kill = max(0, int(np.searchsorted(times, killed_s)) - 1)
    latched = [state is SafetyState.STOPPED for state in applied.states[begin:last]]
    return Stop(
        speed=float(speed[at_kill]),
        first_brake_s=float(times[begin] - killed_s),
        standstill_s=float(times[rest] - times[begin]),
        profile_s=brake_time(spec, _tick_velocity(applied, spec.gate_period_s)[begin - 1]),
        is_latched=any(latched) and all(latched[latched.index(True) :]),
        moved_again=bool((speed[rest:last] > STANDSTILL).any()),
    )


def brake_time(spec: RobotSpec, velocity: Array) -> float:
    """Return how long the slowest joint brakes, in whole gate periods [s]."""
    limits = np.array([joint.brake_deceleration for joint in spec.command_joints])
    seconds = float(np.max(np.abs(velocity) / limits))
    return float(np.ceil(seconds / spec.gate_period_s - 1e-9)) * spec.gate_period_s


def _tick_velocity(applied: AppliedSeries, period_s: float) -> Array:
    """Return (N, J) the velocity that leads to each command, zero for the first."""
    steps = np.diff(applied.position, axis=0, prepend=applied.position[:1])
    return np.asarray(steps / period_s)


def _first(is_true: np.ndarray, what: str) -> int:
    found = np.flatnonzero(is_true)
    if not len(found):
        raise ValueError(f"no {what} was recorded")
    return int(found[0])
