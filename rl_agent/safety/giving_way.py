"""Giving way: what holds because it presses against something lets go of it, slowly and once."""

from __future__ import annotations

from typing import Any

import numpy as np

from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, Verdict

SPEED_SHARE = 0.1
"""Of the velocity limits."""


class GivingWay:
    """Leads the command to where the robot stood when the hold began, from standstill on.

    To that place and no further: readings that lie, and go on lying, could otherwise lead a robot
    anywhere.
    """

    def __init__(self, spec: RobotSpec, safety_filter: SafetyFilter) -> None:
        self._is_asked_for = spec.safety.gives_way
        self._filter = safety_filter
        self._rest = np.zeros(len(spec.command_joints))
        self._target = np.zeros(len(spec.command_joints))
        self._has_stood = False
        self._tick = -2  # before the first tick there was none

    def step(self, measured: Array, tick: int) -> Verdict | None:
        """Return the next command; None where the brake has not come to its end, or nothing is due.

        Args:
            measured: (num_commands,) the newest positions [rad or m].
            tick: The gate's; a gap between two calls tells that another hold has begun.
        """
        if not self._is_asked_for:
            return None
        if tick != self._tick + 1:
            self._target, self._has_stood = np.array(measured), False
        self._tick = tick
        self._has_stood = self._has_stood or self._filter.is_at_rest
        if not self._has_stood:
            return None
        return self._filter.step(Command(self._target, self._rest), speed_scale=SPEED_SHARE)

    def get_state(self) -> dict[str, Any]:
        """Return all that the next step depends on."""
        return {"target": self._target, "has_stood": self._has_stood, "tick": self._tick}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._target = np.array(state["target"])
        self._has_stood, self._tick = bool(state["has_stood"]), int(state["tick"])
