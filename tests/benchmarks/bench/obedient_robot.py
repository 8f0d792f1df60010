"""A gate with a clock of its own and a robot that is always where it was commanded."""

from __future__ import annotations

import numpy as np

from rl_agent.clock import ManualClock
from rl_agent.safety.gate import Gate
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, GateOutput, Measurement, Proposal, Reason, Source
from sim.mechanics import make_mechanics

START_S = 10.0


class ObedientRobot:
    """Steps gate and robot together, one tick at a time."""

    def __init__(self, spec: RobotSpec) -> None:
        self.spec = spec
        self.clock = ManualClock(START_S)
        self.gate = Gate(spec, self.clock, make_mechanics(spec))
        self._index = np.array(spec.command_index)
        self._position = spec.home.copy()
        self._velocity = np.zeros(len(spec.joints))

    @property
    def position(self) -> Array:
        """(num_commands,) where it was commanded to be [rad or m]."""
        return self._position[self._index]

    @property
    def velocity(self) -> Array:
        """(num_commands,) [rad/s or m/s]."""
        return self._velocity[self._index]

    def arm(self) -> None:
        """Measure and arm.

        Raises:
            RuntimeError: The gate refuses; says why.
        """
        self._measure()
        is_armed, words = self.gate.arm()
        if not is_armed:
            raise RuntimeError(f"{self.spec.name}: {words}")

    def propose(self, source: Source, command: Command) -> Reason:
        """Let a source ask for something now."""
        now_s = self.clock.now()
        period_s = self.spec.policy_period_s
        return self.gate.on_proposal(Proposal(source, command, now_s, now_s, period_s))

    def tick(self) -> GateOutput:
        """Let one gate period pass."""
        self.clock.advance(self.spec.gate_period_s)
        self._measure()
        output = self.gate.tick()
        if output.command is not None:
            self._position[self._index] = output.command.position
            self._velocity[self._index] = output.command.velocity
        return output

    def _measure(self) -> None:
        now_s = self.clock.now()
        position, velocity = self._position.copy(), self._velocity.copy()
        self.gate.on_measurement(Measurement(now_s, position, velocity, now_s))
