"""The nearest velocity that keeps coupled limits as well: a small quadratic programme (daqp).

minimise |v' - wanted|^2  subject to  lower <= v' <= upper,  A v' <= b

(A control-barrier filter, Ames et al. 2019, arXiv:1903.11199; solver: Arnstrom et al., "A Dual
Active-Set Solver for Embedded Quadratic Programming", IEEE TAC 2022.)
"""

from __future__ import annotations

from typing import NamedTuple

import daqp
import numpy as np

from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import Interval, LimitState
from rl_agent.types import Array, Reason

# The solver keeps rows to 1e-6; asking for a little more keeps them exactly [m/s, N m or W].
TIGHTER = 2e-6
UNBOUNDED = 1e30
SOLVED = 1


class Pushed(NamedTuple):
    """What became of a velocity."""

    velocity: Array | None
    """(num_commands,); None where no velocity keeps all limits, or the solver failed."""
    reasons: tuple[Reason, ...] = ()
    """Of the limits that changed it."""


class Barrier:
    """Coupled limits of one robot."""

    def __init__(self, limits: tuple[CoupledLimit, ...], num_commands: int) -> None:
        self._limits = limits
        self._hessian = np.eye(num_commands)

    def push(self, wanted: Array, allowed: Interval, state: LimitState) -> Pushed:
        """Return the velocity nearest to `wanted` (num_commands,) that keeps all limits."""
        found = [limit.rows(state) for limit in self._limits]
        matrix = np.concatenate([rows.matrix for rows in found])
        bound = np.concatenate([rows.bound for rows in found])
        # NaN compares as false: a model that computed one ends in the brake, not in motion.
        if not (np.isfinite(matrix).all() and not np.isnan(bound).any()):
            return Pushed(None, (Reason.BARRIER,))
        if (matrix @ wanted <= bound).all():
            return Pushed(wanted)
        velocity = self._solve(wanted, allowed, Rows(matrix, bound - TIGHTER))
        if velocity is None or not (matrix @ velocity <= bound).all():
            return Pushed(None, (Reason.BARRIER, *self._owners(found, wanted)))
        return Pushed(velocity, self._owners(found, wanted))

    def _solve(self, wanted: Array, allowed: Interval, rows: Rows) -> Array | None:
        upper = np.concatenate([allowed.upper, np.minimum(rows.bound, UNBOUNDED)])
        lower = np.concatenate([allowed.lower, np.full(len(rows.bound), -UNBOUNDED)])
        sense = np.zeros(len(upper), dtype=np.int32)
        solution, _, status, _ = daqp.solve(
            self._hessian, -wanted, rows.matrix, upper, lower, sense
        )
        velocity = np.asarray(solution, dtype=np.float64)
        # daqp has answered "solved" with NaN inside: believe neither alone.
        if status != SOLVED or not np.isfinite(velocity).all():
            return None
        return np.minimum(np.maximum(velocity, allowed.lower), allowed.upper)

    def _owners(self, found: list[Rows], wanted: Array) -> tuple[Reason, ...]:
        return tuple(
            limit.reason
            for limit, rows in zip(self._limits, found, strict=True)
            if not (rows.matrix @ wanted <= rows.bound).all()
        )
