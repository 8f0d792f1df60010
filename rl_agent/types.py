"""What travels between rooms. SI units; joint arrays in the profile's order, never a message's."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FloatArray = NDArray[np.float32]


class Reason(IntFlag):
    """Why the gate changed or refused a proposal; a stored mask: no value changes its meaning."""

    NONE = 0
    POSITION = 1 << 0
    VELOCITY = 1 << 1
    ACCELERATION = 1 << 2
    JERK = 1 << 3
    EFFORT = 1 << 4
    WORKSPACE = 1 << 5
    BARRIER = 1 << 6
    PREDICTION = 1 << 7
    START_RAMP = 1 << 8
    STALE_OBSERVATION = 1 << 9
    STALE_PROPOSAL = 1 << 10
    NON_FINITE = 1 << 11
    BAD_PROPOSAL = 1 << 12
    IMPLAUSIBLE = 1 << 13
    ESTOP = 1 << 14
    SILENT = 1 << 15
    SECOND_PUBLISHER = 1 << 16
    FOLLOWING_ERROR = 1 << 17
    OPERATOR = 1 << 18
    INTERNAL = 1 << 19
    SPEED_SCALE = 1 << 20
    SELF_DISTANCE = 1 << 21
    POWER = 1 << 22
    DEADLINE = 1 << 23
    FALL = 1 << 24
    CONTACT = 1 << 25
    HEALTH = 1 << 26
    ABSENT = 1 << 27
    FROZEN = 1 << 28
    HUMAN = 1 << 29
    """A person's commands were followed instead; stands in what is kept of a step alone."""


SHARES = (Reason.POSITION, Reason.VELOCITY, Reason.ACCELERATION)
"""Whose part of the change a transition stores, in this order."""


class SafetyState(StrEnum):
    """The gate's state; the table state x event stands in SAFETY.md."""

    UNARMED = "UNARMED"
    ARMED = "ARMED"
    HOLD = "HOLD"
    STOPPED = "STOPPED"


class Source(StrEnum):
    """Who proposes, the first named winning over the later ones."""

    HUMAN = "human"
    MPC = "mpc"
    POLICY = "policy"


@dataclass(frozen=True)
class Imu:
    """How a robot's body is turned and turns, in the body's frame: x forward, y left, z up."""

    projected_gravity: Array
    """(3,) unit vector that points down; (0, 0, -1) upright."""
    angular_velocity: Array
    """(3,) rad/s."""


@dataclass(frozen=True)
class Measurement:
    """What the robot reports of itself, before an observation is built."""

    stamp_s: float
    """Source time [s], strictly increasing: it is the sequence number."""
    position: Array
    """(num_joints,) rad or m, in `RobotSpec.joints` order."""
    velocity: Array
    """(num_joints,) rad/s or m/s."""
    received_s: float = 0.0
    """Receive time [s] on the steady clock; watchdogs use this one."""
    effort: Array | None = None
    """(num_joints,) N m or N; None where the driver reports none."""
    imu: Imu | None = None
    """None where the robot has none, or has not been heard yet."""
    base_velocity: Array | None = None
    """(3,) m/s in the body's frame. Privileged: a twin knows it, hardware needs an estimator."""
    age_s: float = 0.0
    """How old it is when the policy acts on it [s]; 0 where nobody tells."""

    def is_finite(self) -> bool:
        """Tell whether every number may be used."""
        return bool(np.isfinite(self.position).all() and np.isfinite(self.velocity).all())


@dataclass(frozen=True)
class Command:
    """An order to the robot in SI units, for the profile's *command joints*, in their order."""

    position: Array
    """(num_commands,) rad or m; for velocity controllers the integrated reference."""
    velocity: Array
    """(num_commands,) rad/s or m/s, the rate at which `position` is passed."""


@dataclass(frozen=True)
class Proposal:
    """A wished-for command: where to be one policy period after `received_s`, and how fast.

    If it comes late, a period after it was due: see `Follower`.
    """

    source: Source
    command: Command
    stamp_s: float
    """Stamp of the observation it was computed from; strictly increasing per source."""
    received_s: float
    """Receive time [s] on the steady clock."""
    period_s: float
    """Time [s] in which `command` should be reached: the policy period."""


@dataclass(frozen=True)
class Verdict:
    """What one limit, or the whole filter, made of a proposal."""

    command: Command
    reasons: Reason = Reason.NONE
    shares: dict[Reason, float] = field(default_factory=dict)
    """Per reason, how far it moved the command: sum over joints of |change| [rad/s or m/s]."""
    is_braking: bool = False
    """Whether the filter saw no other way than its brake profile."""


@dataclass(frozen=True)
class GateOutput:
    """One tick of the gate."""

    tick: int
    """Counts ticks since configuration; never reset."""
    state: SafetyState
    command: Command | None
    """What goes to the hardware; None while nothing may be published (UNARMED)."""
    source: Source | None
    """Whose proposal the command follows; None while braking, holding or unarmed."""
    reasons: Reason
    shares: dict[Reason, float]
    stamp_s: float
    """Stamp of the observation behind the command (the proposal's), or the newest measurement's."""


@dataclass(frozen=True)
class Transition:
    """One step of experience, float32; contexts are what recomputing a reward needs."""

    obs: FloatArray  # (obs_dim,)
    action: FloatArray  # (act_dim,) proposed by the policy, in [-1, 1]
    applied_action: FloatArray  # (act_dim,) what the gate let through, mapped back to [-1, 1]
    previous_action: FloatArray  # (act_dim,)
    reward: float
    terminated: bool
    truncated: bool
    next_obs: FloatArray  # (obs_dim,)
    context: FloatArray  # (context_dim,) Task.context before the step
    next_context: FloatArray  # (context_dim,)
    goal: FloatArray  # (goal_dim,)
    reasons: int = 0
    """`Reason` bits of every gate tick within the step, or-ed."""
    shares: FloatArray = field(default_factory=lambda: np.zeros(3, np.float32))
    """(3,) position, velocity, acceleration limits' summed shares within the step."""
