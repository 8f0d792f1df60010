"""Limits that couple joints: rows A v' <= b on the next velocity, from a mechanical model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from rl_agent.safety.limit import LimitState
from rl_agent.types import Array, Reason


class Rows(NamedTuple):
    """Half-spaces of allowed next velocities: matrix @ v' <= bound."""

    matrix: Array
    """(m, num_commands)."""
    bound: Array
    """(m,)."""
    distance: Array
    """(m,) how far each half-space's border is away [m]; infinite where that has no meaning."""


class CoupledLimit(ABC):
    """One limit on several joints together."""

    reason: Reason

    @abstractmethod
    def rows(self, state: LimitState) -> Rows:
        """Return the half-spaces that this limit allows in the next tick."""
