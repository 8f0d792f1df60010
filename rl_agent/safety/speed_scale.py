"""The share of the velocity limit that may be used: start ramp, and a scale set by an operator."""

from __future__ import annotations

from typing import Any

from rl_agent.spec import RobotSpec
from rl_agent.types import Reason

# The start ramp begins with this share of the velocity limit.
RAMP_START = 0.1
LEAST_SCALE = 0.01
# A share of the deceleration that is left for everything else.
GENTLE = 0.5


class SpeedScale:
    """Start ramp times scale, one step per tick of following.

    Changes of the scale are gradual: up as slowly as the start ramp, down as fast as every joint
    can slow down from full speed with half its acceleration limit.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self._dt = spec.gate_period_s
        self._ramp_s = spec.start_ramp_s
        slowest = min(j.max_acceleration / j.max_velocity for j in spec.command_joints)
        self._step_down = GENTLE * slowest * self._dt
        rise = (1.0 - RAMP_START) * self._dt / max(self._ramp_s, self._dt)
        self._step_up = min(rise, self._step_down)
        self._ramp_ticks = 0
        self._scale = 1.0
        self.target = 1.0
        """What the operator asked for."""

    def restart(self) -> None:
        """Begin the ramp anew; standing, the scale takes effect at once."""
        self._ramp_ticks = 0
        self._scale = self.target

    def advance(self) -> float:
        """Return the share for the next tick, 0 to 1."""
        self._ramp_ticks += 1
        change = self.target - self._scale
        self._scale += min(max(change, -self._step_down), self._step_up)
        return self._ramp() * self._scale

    @property
    def reason(self) -> Reason:
        """Which of the two bites more."""
        return Reason.SPEED_SCALE if self._scale < self._ramp() else Reason.START_RAMP

    def _ramp(self) -> float:
        elapsed_s = self._ramp_ticks * self._dt
        if elapsed_s >= self._ramp_s:
            return 1.0
        return RAMP_START + (1.0 - RAMP_START) * elapsed_s / self._ramp_s

    def get_state(self) -> dict[str, Any]:
        """Return what the next share depends on."""
        return {"ramp_ticks": self._ramp_ticks, "scale": self._scale, "target": self.target}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._ramp_ticks = int(state["ramp_ticks"])
        self._scale = float(state["scale"])
        self.target = float(state["target"])
