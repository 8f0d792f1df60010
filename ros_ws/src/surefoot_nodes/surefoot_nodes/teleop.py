"""From joystick to proposals: a dead-man's button, sticks as joint velocities. No ROS in here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rl_agent.interface.action import ActionMapper, action_for_speed
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command

SILENCE_S = 0.08
"""A joystick that says nothing for this long was unplugged; drivers repeat at 20 Hz or faster."""


class Teleop:
    """Moves the robot while the button is held; on its release proposes rest once, then nothing.

    Sticks are low-passed, integrated and clamped by the same `ActionMapper` that policies use. It
    takes over from the applied command with that one's velocity, so the robot feels no step.
    """

    def __init__(self, spec: RobotSpec, *, deadman_button: int, speed: float) -> None:
        """Let stick i move action joint i, at its end with `speed`, a share of the top speed."""
        self._mapper = ActionMapper(spec)
        self._spec = spec
        self._button = deadman_button
        self._top_speed = speed * np.array(spec.action.max_speed)
        self._deceleration = np.array([j.max_acceleration for j in spec.command_joints])
        self._sticks = np.zeros(spec.act_dim)
        self._is_held = False
        self._heard_s = -math.inf
        self._is_driving = False

    @property
    def is_driving(self) -> bool:
        """Whether the last proposal was to move."""
        return self._is_driving

    def hear(self, axes: Sequence[float], buttons: Sequence[int], now_s: float) -> None:
        """Take in the joystick's state; what is missing or no number counts as let go."""
        self._heard_s = now_s
        self._is_held = self._button < len(buttons) and buttons[self._button] != 0
        sticks = np.zeros_like(self._sticks)
        known = np.asarray(axes[: len(sticks)], dtype=np.float64)
        sticks[: len(known)] = known
        if not np.isfinite(sticks).all():
            self._is_held = False
            sticks[:] = 0.0
        self._sticks = np.clip(sticks, -1.0, 1.0)

    def wants_rest(self, now_s: float) -> bool:
        """Tell whether the robot moves for a joystick that was let go or fell silent."""
        return self._is_driving and not self._is_engaged(now_s)

    def propose(self, now_s: float, applied: Command) -> Command | None:
        """Return where to be one policy period from now; None where nothing is to be proposed.

        Args:
            now_s: Steady clock [s].
            applied: The gate's newest command, or the measured pose at rest without one.
        """
        if not self._is_engaged(now_s):
            was_driving, self._is_driving = self._is_driving, False
            return self._rest(applied) if was_driving else None
        if not self._is_driving:
            self._is_driving = True
            self._take_over(applied)
        action = action_for_speed(self._spec.action, self._sticks * self._top_speed)
        action = np.where(self._sticks == 0.0, 0.0, action)
        return self._mapper.command(action, applied)

    def _is_engaged(self, now_s: float) -> bool:
        return self._is_held and now_s - self._heard_s <= SILENCE_S

    def _take_over(self, applied: Command) -> None:
        self._mapper.set_state(
            {
                "position": applied.position,
                "velocity": applied.velocity,
                "acceleration": np.zeros_like(applied.velocity),
            }
        )

    def _rest(self, applied: Command) -> Command:
        """Return the nearest place at which the robot can stand."""
        way: Array = applied.velocity * np.abs(applied.velocity) / (2.0 * self._deceleration)
        return Command(applied.position + way, np.zeros_like(applied.velocity))
