"""Were the commands within the limits? Counted in process, chunk by chunk, from millions of ticks.

By tick sequence. A position controller's motion is the differences of its positions; a velocity
controller obeys the velocities, and its position reference is the measurement.

Commands after arming begin at the measured pose, which servos under load leave a little outside the
soft limits: from there a command may only come back, and one that goes further out is a violation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from rl_agent.reporting.limit_audit import TOLERANCE, CommandTrace, audit_commands
from rl_agent.reporting.recording import AppliedSeries
from rl_agent.safety.preflight import LIMIT_TOLERANCE
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array, Command, GateOutput, Measurement, SafetyState

CHUNK = 20_000
OVERLAP = 3
"""Ticks that two chunks share, so that every difference is looked at."""


@dataclass
class Extremes:
    """The worst that was seen; shares are of the allowance, 1 is exactly at the limit."""

    counts: Counter[str] = field(default_factory=Counter)
    """Ticks outside each limit, and `ticks`, `pairs`, `braking`, `not_finite`."""
    shares: dict[str, float] = field(default_factory=dict)

    def worsen(self, name: str, share: float) -> None:
        """Keep the largest."""
        self.shares[name] = max(self.shares.get(name, 0.0), share)

    def add(self, other: Extremes) -> None:
        """Take in another process's."""
        self.counts.update(other.counts)
        for name, share in other.shares.items():
            self.worsen(name, share)


class TickAudit:
    """Takes ticks in as they come."""

    def __init__(self, spec: RobotSpec) -> None:
        joints = spec.command_joints
        self._spec = spec
        self._dt = spec.gate_period_s
        self._obeys_velocity = spec.controller.type is ControllerType.FORWARD_VELOCITY
        self._index = np.array(spec.command_index)
        self._lower = np.array([joint.lower for joint in joints])
        self._upper = np.array([joint.upper for joint in joints])
        self._margin = np.array([joint.margin for joint in joints]) + LIMIT_TOLERANCE
        self._soft_lower = np.array([joint.lower + joint.margin for joint in joints])
        self._soft_upper = np.array([joint.upper - joint.margin for joint in joints])
        self._speed = np.array([joint.max_velocity for joint in joints])
        self._acceleration = np.array([joint.max_acceleration for joint in joints])
        self._braking = np.array([joint.brake_deceleration for joint in joints])
        self._jerk = np.array([joint.max_jerk for joint in joints])
        self._rows: list[tuple[int, Array, Array, bool, bool]] = []
        self._was_running = False
        self._is_armed_anew = False
        self._num_kept = 0
        self.extremes = Extremes()

    def note(self, output: GateOutput, measurement: Measurement) -> None:
        """Note one tick, and the robot's state just before it."""
        self._note_measurement(measurement)
        self._note_command(output.tick, output.command, output.state, output.source is not None)

    def _note_command(
        self, tick: int, command: Command | None, state: SafetyState, is_following: bool
    ) -> None:
        is_running = state in (SafetyState.ARMED, SafetyState.HOLD)
        if command is not None:
            # An armed gate that follows nobody brakes because its filter saw no other way.
            is_braking = state is not SafetyState.ARMED or not is_following
            # Only reset and arm lead out of STOPPED.
            is_start = self._is_armed_anew or (is_running and not self._was_running)
            self._is_armed_anew = False
            self._rows.append((tick, command.position, command.velocity, is_braking, is_start))
        self._was_running = is_running
        if len(self._rows) >= CHUNK:
            self._judge()

    def note_arming(self) -> None:
        """Note that the gate was armed: the next command begins at the measured pose."""
        self._is_armed_anew = True

    def note_series(self, applied: AppliedSeries) -> None:
        """Note what a recorder saw."""
        for index, state in enumerate(applied.states):
            command = Command(applied.position[index], applied.velocity[index])
            tick, is_following = int(applied.ticks[index]), bool(applied.sources[index])
            self._note_command(tick, command, state, is_following)

    def finish(self) -> Extremes:
        """Judge what is left; return the worst of all."""
        if len(self._rows) > self._num_kept:
            self._judge()
        return self.extremes

    def _note_measurement(self, measurement: Measurement) -> None:
        position = measurement.position[self._index]
        beyond = np.maximum(self._lower - position, position - self._upper)
        speed = np.abs(measurement.velocity[self._index]) / self._speed
        self.extremes.worsen("twin_beyond", float(beyond.max()))
        self.extremes.worsen("twin_speed", float(speed.max()))

    def _judge(self) -> None:
        ticks, positions, velocities, braking, starts = (
            np.array(column) for column in zip(*self._rows, strict=True)
        )
        counts, new = self.extremes.counts, slice(self._num_kept, None)
        counts["ticks"] += len(ticks) - self._num_kept
        counts["gaps"] += int((np.diff(ticks) != 1).sum())
        counts["braking"] += int(braking[new].sum())
        is_finite = np.isfinite(positions).all(axis=1) & np.isfinite(velocities).all(axis=1)
        counts["not_finite"] += int((~is_finite)[new].sum())
        trace = CommandTrace(ticks, positions, braking, starts)
        if self._obeys_velocity:
            self._judge_velocities(trace, velocities)
        else:
            self._judge_positions(trace, velocities)
        self._rows = self._rows[-OVERLAP:]
        self._num_kept = len(self._rows)

    def _judge_positions(self, trace: CommandTrace, velocities: Array) -> None:
        audit, extremes = audit_commands(self._spec, trace), self.extremes
        # What lies wholly in the overlap was judged before; it was right, or is counted twice.
        for name in ("velocity", "acceleration", "jerk"):
            extremes.counts[name] += getattr(audit, name)
        for name in ("velocity", "acceleration", "braking", "jerk"):
            extremes.worsen(name, getattr(audit, f"{name}_share"))
        is_pair = (np.diff(trace.ticks) == 1) & ~trace.is_start[1:]
        self._judge_places(trace.position, trace.is_start)
        moved = np.diff(trace.position, axis=0) / self._dt
        wrong = np.abs(moved - velocities[1:]).max(axis=1) > TOLERANCE
        extremes.counts["velocity_field"] += int((wrong & is_pair).sum())
        self._judge_curves(trace.position[:-1], moved, is_pair)

    def _judge_places(self, position: Array, is_start: Array) -> None:
        excess = np.maximum(self._soft_lower - position, position - self._soft_upper)
        before = np.concatenate([np.zeros((1, position.shape[1])), excess[:-1]])
        # The first tick of an arming may still be a start outside, if no further than hard limits.
        before = np.where(is_start[:, None], self._margin, np.maximum(before, 0.0))
        is_out = (excess > before + TOLERANCE).any(axis=1)
        is_out[0] = is_out[0] and self._num_kept == 0
        self.extremes.counts["position"] += int(is_out.sum())
        self.extremes.counts["began_outside"] += int((is_start & (excess > 0.0).any(axis=1)).sum())

    def _judge_curves(self, position: Array, velocity: Array, is_pair: Array) -> None:
        """Judge (N, J) velocities by the curves, at the positions where their ticks began."""
        for index, joint in enumerate(self._spec.command_joints):
            curve = joint.velocity_curve
            if curve is None:
                continue
            rooms = curve.upper - position[:, index], position[:, index] - curve.lower
            for sign, room in zip((1.0, -1.0), rooms, strict=True):
                most = np.sqrt(curve.slope * np.maximum(room, 0.0)) - curve.offset
                excess = (sign * velocity[:, index] - np.maximum(most, 0.0))[is_pair]
                self.extremes.counts["velocity_curve"] += int((excess > TOLERANCE).sum())

    def _judge_velocities(self, trace: CommandTrace, velocities: Array) -> None:
        extremes, is_braking = self.extremes, trace.is_braking
        is_pair = (np.diff(trace.ticks) == 1) & ~trace.is_start[1:]
        speed = np.abs(velocities) / self._speed
        extremes.counts["velocity"] += int((speed > 1.0 + TOLERANCE).any(axis=1).sum())
        allowed = np.where(is_braking[1:, None], self._braking, self._acceleration)
        change = np.abs(np.diff(velocities, axis=0)) / self._dt / allowed
        too_hard = (change > 1.0 + TOLERANCE).any(axis=1) & is_pair
        extremes.counts["acceleration"] += int(too_hard.sum())
        extremes.worsen("velocity", float(speed.max()))
        for name, chosen in (("braking", is_braking[1:]), ("acceleration", ~is_braking[1:])):
            extremes.worsen(name, float(change[chosen & is_pair].max(initial=0.0)))
        self._judge_jerk(velocities[1:], is_pair, is_braking[1:])

    def _judge_jerk(self, velocities: Array, is_pair: Array, is_braking: Array) -> None:
        """Judge (N, J) velocities of consecutive ticks, where none of them braked."""
        if not np.isfinite(self._jerk).any():
            return
        is_normal = is_pair & ~is_braking
        is_triple = is_normal[2:] & is_normal[1:-1] & is_normal[:-2]
        jerk = np.abs(np.diff(velocities, n=2, axis=0)) / self._dt**2
        # Differences of positions ~1 rad carry 2e-16 / T³.
        rounding = 8.0 * np.finfo(np.float64).eps * np.pi / self._dt**3
        too_sudden = (jerk > self._jerk + TOLERANCE + rounding).any(axis=1)
        self.extremes.counts["jerk"] += int((too_sudden & is_triple).sum())
        shares = (jerk / self._jerk)[is_triple]
        self.extremes.worsen("jerk", float(shares.max(initial=0.0)))
