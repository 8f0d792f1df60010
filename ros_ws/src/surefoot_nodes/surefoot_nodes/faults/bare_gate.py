"""A gate without processes, whose robot is always exactly where it was commanded.

For rows that count ticks rather than milliseconds; time is a clock that the row moves.
"""

from __future__ import annotations

import numpy as np

from rl_agent.clock import ManualClock
from rl_agent.reporting.limit_audit import CommandTrace
from rl_agent.safety.gate import Gate
from rl_agent.safety.signals import ImuReading
from rl_agent.spec import RobotSpec
from rl_agent.types import (
    Array,
    Command,
    GateOutput,
    Measurement,
    Proposal,
    Reason,
    SafetyState,
    Source,
)


class BareGate:
    """Feeds a gate and keeps what it answers."""

    def __init__(self, spec: RobotSpec) -> None:
        from ..mechanics import load_mechanics

        self.spec = spec
        self.clock = ManualClock(100.0)
        self.gate = Gate(spec, self.clock, load_mechanics(spec))
        self.index = np.array(spec.command_index)
        self.position = np.array(spec.home)
        self.velocity = np.zeros(len(spec.joints))
        self._rows: list[tuple[int, Array, bool, bool]] = []
        self._was_stopped = True

    def arm(self) -> None:
        """Reset if need be, and arm; the robot must stand.

        Raises:
            RuntimeError: The gate refused.
        """
        self.clock.advance(1e-3)  # stamps must rise
        self.measure()
        if self.gate.state is SafetyState.STOPPED:
            self.gate.reset()
        is_armed, words = self.gate.arm()
        if not is_armed:
            raise RuntimeError(f"not armed: {words}")

    def measure(self) -> None:
        """Give a reading of now, of a robot that stands upright."""
        now_s = self.clock.now()
        reading = Measurement(now_s, self.position.copy(), self.velocity.copy(), now_s)
        self.gate.on_measurement(reading)
        # Upright, for robots that watch it.
        self.gate.on_signal(ImuReading(np.array([1.0, 0.0, 0.0, 0.0]), now_s))

    def propose(self, position: Array, velocity: Array) -> Reason:
        """Propose an end point (num_commands,) made from a reading of now."""
        now_s = self.clock.now()
        command = Command(position, velocity)
        period_s = self.spec.policy_period_s
        return self.gate.on_proposal(Proposal(Source.POLICY, command, now_s, now_s, period_s))

    def tick(self) -> GateOutput:
        """Let one gate period pass."""
        self.clock.advance(self.spec.gate_period_s)
        self.measure()
        output = self.gate.tick()
        if output.command is not None:
            self.position[self.index] = output.command.position
            self.velocity[self.index] = output.command.velocity
            is_stopped = output.state is SafetyState.STOPPED
            is_start = self._was_stopped and not is_stopped
            # An armed gate that follows nobody brakes because its filter saw no other way.
            braking = output.state is not SafetyState.ARMED or output.source is None
            row = (output.tick, output.command.position.copy(), braking, is_start)
            self._rows.append(row)
            self._was_stopped = is_stopped
        return output

    def rest(self) -> None:
        """Tick until the robot stands."""
        for _ in range(1000):
            if not self.gate.is_moving:
                return
            self.tick()

    def trace(self) -> CommandTrace:
        """Return all commands so far, for an audit."""
        ticks, position, braking, start = zip(*self._rows, strict=True)
        return CommandTrace(np.array(ticks), np.array(position), np.array(braking), np.array(start))
