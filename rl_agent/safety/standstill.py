"""What the robot is to do once it stands after a stop or a disarm: hold, damp or torque off."""

from __future__ import annotations

import math
from typing import Any

from rl_agent.spec import RobotSpec, StopMode

RUN = "run"
SETTLE_S = 0.3
"""Servos lag behind: a command must have stood for this long before they are let go."""


class Standstill:
    """Counts ticks of standing; `mode` is for the driver, on the topic stop_mode.

    From `run` it changes to the profile's stop mode, at once for `hold`, otherwise after SETTLE_S.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self._stop_mode = spec.stop_mode
        is_hold = spec.stop_mode is StopMode.HOLD
        self._needed = 0 if is_hold else math.ceil(SETTLE_S * spec.gate_hz)
        self._ticks = 0
        # Before anybody armed, the robot is its driver's business.
        self.mode: str = StopMode.HOLD.value

    @property
    def is_settled(self) -> bool:
        """Whether the robot has stood long enough for its stop mode."""
        return self._ticks >= self._needed

    @property
    def is_commanding(self) -> bool:
        """Whether a pose is still sent: not to a robot that was let go."""
        return self.mode in (RUN, StopMode.HOLD.value)

    def note(self, *, is_stopped: bool) -> None:
        """Count one tick; `is_stopped`: stopped for good and commanded to rest."""
        self._ticks = self._ticks + 1 if is_stopped else 0
        if is_stopped and self.is_settled:
            self.mode = self._stop_mode.value

    def end(self) -> None:
        """Go back to `run`, with arming."""
        self._ticks = 0
        self.mode = RUN

    def get_state(self) -> dict[str, Any]:
        """Return the count and the mode."""
        return {"ticks": self._ticks, "mode": self.mode}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._ticks = int(state["ticks"])
        self.mode = str(state["mode"])
