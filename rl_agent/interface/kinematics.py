"""Mechanical models as protocols: `sim` implements them with MuJoCo, nodes and environments inject them."""

from __future__ import annotations

from typing import Protocol

from rl_agent.types import Array


class Kinematics(Protocol):
    """Where the tool is and how it moves, for one robot; not thread-safe (it owns scratch memory)."""

    def tool_position(self, position: Array) -> Array:
        """Return the tool's position in the base frame (3,) [m] for joint positions (num_joints,)."""
        ...

    def tool_jacobian(self, position: Array) -> Array:
        """Return d tool_position / d position, (3, num_joints) [m/rad or m/m]."""
        ...
