"""Twin, gate and the loop's delays on one grid of physics steps: what ROS 2 does in reality.

Within a policy period that starts at step s the gate ticks at s + action delay (mod one gate
period) and every gate period after it, as it does on the arrival of a proposal; the measurement
that the policy sees at the period's end was taken an observation delay earlier.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rl_agent.clock import ManualClock
from rl_agent.safety.gate import Gate
from rl_agent.safety.signals import ImuReading
from rl_agent.spec import RobotSpec
from rl_agent.types import (
    SHARES,
    Array,
    Command,
    GateOutput,
    Imu,
    Measurement,
    Proposal,
    Reason,
    SafetyState,
    Source,
)
from sim.mechanics import make_mechanics
from sim.twin import Twin


@dataclass(frozen=True, kw_only=True)
class PeriodReport:
    """What the gate did within one policy period."""

    applied: Command
    """The gate's newest command."""
    applied_positions: Array
    """(num_ticks, num_commands) commanded positions, tick by tick [rad or m]."""
    reasons: Reason
    """Of all ticks, or-ed."""
    shares: Array
    """(3,) summed over ticks, in the order of `SHARES`."""
    state: SafetyState


@dataclass(frozen=True)
class _Delayed:
    """A proposal on its way to the gate."""

    due_step: int
    command: Command
    stamp_s: float


class ControlLoop:
    """Runs whole policy periods; owns the gate, its clock and what is on its way."""

    def __init__(self, spec: RobotSpec, twin: Twin) -> None:
        self._spec = spec
        self._twin = twin
        self._tick_steps = round(spec.twin.physics_hz / spec.gate_hz)
        self._period_steps = round(spec.twin.physics_hz / spec.policy_hz)
        self._action_steps = twin.steps_for(spec.twin.action_delay_ms / 1e3)
        age_steps = twin.steps_for(spec.twin.observation_delay_ms / 1e3)
        # A measurement older than a period is one that an earlier period took.
        self._capture_step = self._period_steps - age_steps % self._period_steps
        self._captured: deque[Measurement] = deque(maxlen=1 + age_steps // self._period_steps)
        self._delayed: deque[_Delayed] = deque()
        self.clock = ManualClock()
        self._mechanics = make_mechanics(spec)
        self.gate = Gate(spec, self.clock, self._mechanics)

    @property
    def measurement(self) -> Measurement:
        """What the policy sees now: the newest measurement that has the observation delay's age."""
        captured = self._captured[0]
        return replace(captured, age_s=self._twin.time_s - captured.stamp_s)

    def reset(self, position: Array) -> None:
        """Start at rest at joint positions (num_joints,), armed, with nothing proposed.

        Raises:
            RuntimeError: The gate refuses to arm, with its reasons.
        """
        self.clock.set(0.0)
        self.gate = Gate(self._spec, self.clock, self._mechanics)
        self._delayed.clear()
        self._captured.clear()
        self.gate.on_measurement(self._twin.reset(position))
        self._tell_orientation()
        is_armed, why = self.gate.arm()
        if not is_armed:
            raise RuntimeError(f"the gate refuses to arm in the twin: {why}")
        while len(self._captured) < (self._captured.maxlen or 1):
            self.run(None)

    def run(self, command: Command | None) -> PeriodReport:
        """Let one policy period pass, with a proposal for its end, if any."""
        start = self._twin.step_count
        if command is not None:
            due_step = start + self._action_steps
            self._delayed.append(_Delayed(due_step, command, self.measurement.stamp_s))
        capture_step = start + self._capture_step
        outputs = []
        first = start + self._action_steps % self._tick_steps
        for tick_step in range(first, start + self._period_steps, self._tick_steps):
            self._step_until(tick_step, capture_step)
            outputs.append(self._tick())
        self._step_until(start + self._period_steps, capture_step)
        return self._report(outputs)

    def get_state(self) -> dict[str, Any]:
        """Return all that the future depends on, the twin's state included."""
        return {
            "twin": self._twin.get_state(),
            "gate": self.gate.get_state(),
            "now_s": self.clock.now(),
            "captured": [_pack_measurement(m) for m in self._captured],
            "delayed": [_pack_delayed(d) for d in self._delayed],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue, bit by bit, where `get_state` was taken."""
        self._twin.set_state(state["twin"])
        self.clock.set(float(state["now_s"]))
        self.gate.set_state(state["gate"])
        self._captured.clear()
        self._captured.extend(_unpack_measurement(m) for m in state["captured"])
        self._delayed = deque(_unpack_delayed(d) for d in state["delayed"])

    def _step_until(self, step: int, capture_step: int) -> None:
        """Step the twin, and take the policy's measurement when its time has come."""
        now = self._twin.step_count
        if now < capture_step <= step:
            self._twin.step(capture_step - now)
            self._captured.append(self._twin.measure())
        self._twin.step(step - self._twin.step_count)

    def _tick(self) -> GateOutput:
        now_s = self._twin.time_s
        self.clock.set(now_s)
        self.gate.on_measurement(self._twin.measure())
        self._tell_orientation()
        while self._delayed and self._delayed[0].due_step <= self._twin.step_count:
            self.gate.on_proposal(self._to_proposal(self._delayed.popleft(), now_s))
        output = self.gate.tick()
        if output.command is not None:
            self._twin.apply(output.command)
        return output

    def _tell_orientation(self) -> None:
        """Tell the gate what its IMU would: it is no part of joint_states."""
        if self._twin.base is not None:
            quat = self._twin.base.quat_wxyz(self._twin.data)
            self.gate.on_signal(ImuReading(quat, self.clock.now()))

    def _to_proposal(self, delayed: _Delayed, now_s: float) -> Proposal:
        return Proposal(
            source=Source.POLICY,
            command=delayed.command,
            stamp_s=delayed.stamp_s,
            received_s=now_s,
            period_s=self._spec.policy_period_s,
        )

    def _report(self, outputs: list[GateOutput]) -> PeriodReport:
        commands = [output.command for output in outputs if output.command is not None]
        reasons = Reason.NONE
        for output in outputs:
            reasons |= output.reasons
        shares = [[output.shares.get(reason, 0.0) for reason in SHARES] for output in outputs]
        return PeriodReport(
            applied=commands[-1],
            applied_positions=np.array([command.position for command in commands]),
            reasons=reasons,
            shares=np.sum(shares, axis=0),
            state=outputs[-1].state,
        )


def _pack_measurement(measurement: Measurement) -> dict[str, Any]:
    imu, base_velocity = measurement.imu, measurement.base_velocity
    return {
        "stamp_s": measurement.stamp_s,
        "received_s": measurement.received_s,
        "position": measurement.position.copy(),
        "velocity": measurement.velocity.copy(),
        "projected_gravity": None if imu is None else imu.projected_gravity.copy(),
        "angular_velocity": None if imu is None else imu.angular_velocity.copy(),
        "base_velocity": None if base_velocity is None else base_velocity.copy(),
    }


def _unpack_measurement(state: dict[str, Any]) -> Measurement:
    gravity, turn, base_velocity = (
        None if state.get(key) is None else np.array(state[key], dtype=np.float64)
        for key in ("projected_gravity", "angular_velocity", "base_velocity")
    )
    return Measurement(
        stamp_s=float(state["stamp_s"]),
        position=np.array(state["position"], dtype=np.float64),
        velocity=np.array(state["velocity"], dtype=np.float64),
        received_s=float(state["received_s"]),
        imu=None if gravity is None or turn is None else Imu(gravity, turn),
        base_velocity=base_velocity,
    )


def _pack_delayed(delayed: _Delayed) -> dict[str, Any]:
    return {
        "due_step": delayed.due_step,
        "stamp_s": delayed.stamp_s,
        "position": delayed.command.position.copy(),
        "velocity": delayed.command.velocity.copy(),
    }


def _unpack_delayed(state: dict[str, Any]) -> _Delayed:
    command = Command(
        np.array(state["position"], dtype=np.float64), np.array(state["velocity"], dtype=np.float64)
    )
    return _Delayed(int(state["due_step"]), command, float(state["stamp_s"]))
