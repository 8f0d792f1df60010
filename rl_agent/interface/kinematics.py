"""Mechanical models as protocols: `sim` implements them, nodes and environments inject them."""

from __future__ import annotations

from typing import Protocol

from rl_agent.types import Array


class Kinematics(Protocol):
    """Where the tool is and how it moves, for one robot; not thread-safe (scratch memory)."""

    def tool_position(self, position: Array) -> Array:
        """Return the tool's position in base (3,) [m] at joint positions (num_joints,)."""
        ...

    def tool_jacobian(self, position: Array) -> Array:
        """Return d tool_position / d position, (3, num_joints) [m/rad or m/m]."""
        ...
