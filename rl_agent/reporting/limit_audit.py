"""Were the commands inside the limits? Counted from a recording, by an arithmetic of its own.

By tick sequence: a gate promises limits for its own fixed period, whatever the wire's jitter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl_agent.spec import RobotSpec
from rl_agent.types import Array

TOLERANCE = 1e-9
"""[rad, rad/s, rad/s2 or m ...] what double arithmetic may leave."""


@dataclass(frozen=True)
class CommandTrace:
    """Commands as published, one row per message, in the order of the ticks."""

    ticks: NDArray[np.int64]
    """(N,) the gate's tick counter."""
    position: Array
    """(N, num_commands) [rad or m]."""
    is_braking: NDArray[np.bool_]
    """(N,) true where the gate was stopping the robot and may use its brake deceleration."""
    is_start: NDArray[np.bool_]
    """(N,) true where the gate was armed anew, and began at the measured pose."""


@dataclass(frozen=True)
class LimitAudit:
    """Number of ticks outside each limit, and how far the worst one went.

    Shares are of the allowance: 1 is exactly at the limit.
    """

    num_ticks: int
    num_pairs: int
    """Consecutive ticks: what velocity could be judged on."""
    num_gaps: int
    """Places where ticks are missing or the gate was armed anew in between."""
    num_braking: int
    position: int
    velocity: int
    acceleration: int
    """Outside max_acceleration while not braking, or outside brake_deceleration while braking."""
    velocity_share: float
    acceleration_share: float
    braking_share: float
    jerk: int = 0
    """Outside max_jerk; a change of which one side was braking, or began anew, is not judged."""
    jerk_share: float = 0.0

    @property
    def violations(self) -> int:
        """All of them."""
        return self.position + self.velocity + self.acceleration + self.jerk


def velocities(trace: CommandTrace, period_s: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return difference velocities (N-1, num_commands) and where (N-1,) they mean something."""
    difference = np.diff(trace.position, axis=0) / period_s
    return difference, (np.diff(trace.ticks) == 1) & ~trace.is_start[1:]


def audit_commands(spec: RobotSpec, trace: CommandTrace) -> LimitAudit:
    """Count the ticks at which a command left the soft limits, the speed or the acceleration."""
    joints = spec.command_joints
    lower = np.array([joint.lower + joint.margin for joint in joints])
    upper = np.array([joint.upper - joint.margin for joint in joints])
    max_velocity = np.array([joint.max_velocity for joint in joints])
    velocity, is_pair = velocities(trace, spec.gate_period_s)
    acceleration = np.diff(velocity, axis=0) / spec.gate_period_s
    is_triple = is_pair[1:] & is_pair[:-1]
    braking = trace.is_braking[2:]
    allowed = np.where(
        braking[:, None],
        [joint.brake_deceleration for joint in joints],
        [joint.max_acceleration for joint in joints],
    )
    outside = (trace.position < lower - TOLERANCE) | (trace.position > upper + TOLERANCE)
    too_fast = (np.abs(velocity) > max_velocity + TOLERANCE).any(axis=1) & is_pair
    # Differences of positions ~1 rad carry 2e-16 / T^2: 1e-9 rad/s2 needs room for that at 1 kHz.
    rounding = 4.0 * np.finfo(np.float64).eps * np.pi / spec.gate_period_s**2
    too_hard = (np.abs(acceleration) > allowed + TOLERANCE + rounding).any(axis=1) & is_triple
    share = np.abs(acceleration) / allowed
    too_sudden, jerk_share = _jerk(spec, trace, acceleration, is_triple)
    return LimitAudit(
        num_ticks=len(trace.ticks),
        num_pairs=int(is_pair.sum()),
        num_gaps=int((~is_pair).sum()),
        num_braking=int(trace.is_braking.sum()),
        position=int(outside.any(axis=1).sum()),
        velocity=int(too_fast.sum()),
        acceleration=int(too_hard.sum()),
        velocity_share=_largest(np.abs(velocity)[is_pair] / max_velocity),
        acceleration_share=_largest(share[is_triple & ~braking]),
        braking_share=_largest(share[is_triple & braking]),
        jerk=too_sudden,
        jerk_share=jerk_share,
    )


def _jerk(
    spec: RobotSpec, trace: CommandTrace, acceleration: Array, is_triple: NDArray[np.bool_]
) -> tuple[int, float]:
    """Return how often accelerations (N-2, num_commands) changed too much, and the worst share."""
    most = np.array([joint.max_jerk for joint in spec.command_joints])
    jerk = np.abs(np.diff(acceleration, axis=0)) / spec.gate_period_s
    # Emergency braking obeys no jerk limit, and the first tick after it starts from none.
    calm = ~trace.is_braking
    is_judged = is_triple[1:] & is_triple[:-1] & calm[3:] & calm[2:-1] & calm[1:-2]
    rounding = 8.0 * np.finfo(np.float64).eps * np.pi / spec.gate_period_s**3
    too_sudden = (jerk > most + TOLERANCE + rounding).any(axis=1) & is_judged
    return int(too_sudden.sum()), _largest((jerk / most)[is_judged])


def _largest(shares: Array) -> float:
    return float(shares.max()) if shares.size else 0.0
