"""Cubic Hermite from where the robot was commanded to a proposal's end point, by tick count.

Tick n after a proposal's arrival lies at n T along its segment whatever the wall clock says, so a
tick that comes late does not make the motion jerk. Past the end the end velocity is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.safety.approach import Outlook
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command


class Interpolator:
    """The reference between two proposals."""

    def __init__(self, spec: RobotSpec, dt: float) -> None:
        num_commands = len(spec.command_joints)
        # A tick's velocity is the mean over the tick; the slope at its end differs by up to aT/2.
        self._most_excess = 0.5 * dt * np.array([j.max_acceleration for j in spec.command_joints])
        self._dt = dt
        self._coefficients = np.zeros((4, num_commands))
        self._end = Command(np.zeros(num_commands), np.zeros(num_commands))
        self._outlook = Outlook(np.zeros(num_commands), np.zeros(num_commands), self._end.velocity)
        self._period_s = dt
        self._num_ticks = 0
        self._reference = np.zeros(num_commands)
        self._excess = np.zeros(num_commands)

    @property
    def outlook(self) -> Outlook | None:
        """How far the segment will still go; None past its end."""
        return self._outlook if self._num_ticks * self._dt <= self._period_s else None

    @property
    def overrun_s(self) -> float:
        """How long the reference has gone on past the segment's end [s]."""
        return max(self._num_ticks * self._dt - self._period_s, 0.0)

    def start(self, applied: Command, end: Command, period_s: float) -> None:
        """Begin a segment at the applied command that should reach `end` in `period_s` [s]."""
        period_s = max(period_s, self._dt)
        start, slope = applied.position, applied.velocity + self._excess
        gap = end.position - start
        first, last = slope * period_s, end.velocity * period_s
        self._coefficients = np.array(
            [start, first, 3.0 * gap - 2.0 * first - last, first + last - 2.0 * gap]
        )
        # A cubic stays within the hull of its Bezier points.
        early, late = start + first / 3.0, end.position - last / 3.0
        self._outlook = Outlook(
            np.minimum(np.minimum(start, end.position), np.minimum(early, late)),
            np.maximum(np.maximum(start, end.position), np.maximum(early, late)),
            end.velocity,
        )
        self._end = end
        self._period_s = period_s
        self._num_ticks = 0
        self._reference = start

    def advance(self) -> Command:
        """Return the reference one tick on."""
        self._num_ticks += 1
        time_s = self._num_ticks * self._dt
        share = time_s / self._period_s
        if share > 1.0 - 1e-9:
            position = self._end.position + self._end.velocity * (time_s - self._period_s)
            slope = self._end.velocity
        else:
            c0, c1, c2, c3 = self._coefficients
            position = c0 + share * (c1 + share * (c2 + share * c3))
            slope = (c1 + share * (2.0 * c2 + 3.0 * share * c3)) / self._period_s
        excess = slope - (position - self._reference) / self._dt
        self._excess = np.minimum(np.maximum(excess, -self._most_excess), self._most_excess)
        self._reference = position
        return Command(position=position, velocity=slope)

    def forget(self) -> None:
        """Note that the robot left the reference (it braked): the next segment starts plainly."""
        self._excess = np.zeros_like(self._excess)

    def shift(self, offset: Array) -> None:
        """Move the whole segment by `offset` (num_commands,) [rad or m]."""
        self._coefficients[0] += offset
        self._end = Command(self._end.position + offset, self._end.velocity)
        self._reference = self._reference + offset
        lowest, highest, end_velocity = self._outlook
        self._outlook = Outlook(lowest + offset, highest + offset, end_velocity)

    def get_state(self) -> dict[str, Any]:
        """Return everything that `advance` and the next `start` depend on."""
        return {
            "coefficients": self._coefficients.copy(),
            "end_position": self._end.position.copy(),
            "end_velocity": self._end.velocity.copy(),
            "lowest": self._outlook.lowest.copy(),
            "highest": self._outlook.highest.copy(),
            "reference": self._reference.copy(),
            "excess": self._excess.copy(),
            "period_s": self._period_s,
            "num_ticks": self._num_ticks,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        arrays = {
            name: np.array(value, dtype=np.float64)
            for name, value in state.items()
            if name not in ("period_s", "num_ticks")
        }
        self._coefficients = arrays["coefficients"]
        self._end = Command(arrays["end_position"], arrays["end_velocity"])
        self._outlook = Outlook(arrays["lowest"], arrays["highest"], arrays["end_velocity"])
        self._reference = arrays["reference"]
        self._excess = arrays["excess"]
        self._period_s = float(state["period_s"])
        self._num_ticks = int(state["num_ticks"])
