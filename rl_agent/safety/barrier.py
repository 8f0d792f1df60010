"""The nearest velocity that keeps coupled limits as well: a small quadratic programme (daqp).

minimise |v' - wanted|^2  subject to  lower <= v' <= upper,  A v' <= b

(A control-barrier filter, Ames et al. 2019, arXiv:1903.11199; solver: Arnstrom et al., "A Dual
Active-Set Solver for Embedded Quadratic Programming", IEEE TAC 2022.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import daqp
import numpy as np

from rl_agent.safety.approach_speed import BAND_M
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import Interval, LimitState
from rl_agent.types import Array, Reason

# The solver keeps rows of length one to 1e-6; asking for a little more keeps them exactly [rad/s].
TIGHTER = 2e-6
SHORTEST = 1e-12
# From just beyond its border a distance comes back with this time constant [s].
RETURN_S = 0.1
UNBOUNDED = 1e30
SOLVED = 1


class Pushed(NamedTuple):
    """What became of a velocity."""

    velocity: Array | None
    """(num_commands,); None where no velocity keeps all limits, or the solver failed."""
    reasons: tuple[Reason, ...] = ()
    """Of the limits that changed it."""


class Barrier:
    """Coupled limits of one robot. `withdraw` belongs to the `push` before it."""

    def __init__(self, limits: tuple[CoupledLimit, ...], num_commands: int) -> None:
        self._limits = limits
        self._hessian = np.eye(num_commands)
        self._found: list[Rows] = []
        self._all = Rows(np.zeros((0, num_commands)), np.zeros(0), np.zeros(0))
        self._open = np.zeros(0)
        self._sense = np.zeros(0, dtype=np.int32)

    def push(self, wanted: Array, allowed: Interval, state: LimitState) -> Pushed:
        """Return the velocity nearest to `wanted` (num_commands,) that keeps all limits."""
        self._found = [limit.rows(state) for limit in self._limits]
        self._all = rows = Rows(
            *(np.concatenate(parts) for parts in zip(*self._found, strict=True))
        )
        # A model that computed nonsense ends in the brake, not in motion: a sum of squares is
        # finite only if all its terms are, and NaN compares as false.
        is_finite = math.isfinite(np.vdot(rows.matrix, rows.matrix))
        if is_finite and (rows.matrix.dot(wanted) <= rows.bound).all():
            return Pushed(wanted)
        if not is_finite or np.isnan(rows.bound).any():
            return Pushed(None, (Reason.BARRIER,))
        # Beyond its border, but not far: back, at a speed that fades with the way.
        beyond = np.minimum(np.maximum(-rows.distance, 0.0), BAND_M) / RETURN_S
        return self._nearest(wanted, allowed, (rows.bound - beyond, rows.bound))

    def withdraw(self, wanted: Array, allowed: Interval) -> Pushed:
        """Return the velocity nearest to `wanted` that also leads away from near borders."""
        rows = self._all
        away = np.minimum(BAND_M - rows.distance, BAND_M) / RETURN_S
        return self._nearest(wanted, allowed, (np.where(away > 0.0, -away, rows.bound),))

    def _nearest(self, wanted: Array, allowed: Interval, bounds: Sequence[Array]) -> Pushed:
        owners = self._owners(wanted)
        for bound in bounds:
            velocity = self._solve(wanted, allowed, bound)
            if velocity is not None:
                return Pushed(velocity, owners)
        return Pushed(None, tuple(dict.fromkeys((Reason.BARRIER, *owners))))

    def _solve(self, wanted: Array, allowed: Interval, bound: Array) -> Array | None:
        # Rows of length one: the solver's tolerance then means the same for all of them.
        matrix = self._all.matrix
        length = np.maximum(np.sqrt(np.einsum("ij,ij->i", matrix, matrix)), SHORTEST)
        unit, most = matrix / length[:, None], np.minimum(bound / length, UNBOUNDED)
        upper = np.concatenate([allowed.upper, most - TIGHTER])
        if len(self._open) != len(most):
            self._open = np.full(len(most), -UNBOUNDED)
            self._sense = np.zeros(len(upper), dtype=np.int32)
        lower = np.concatenate([allowed.lower, self._open])
        solution, _, status, _ = daqp.solve(self._hessian, -wanted, unit, upper, lower, self._sense)
        # daqp has answered "solved" with NaN inside: believe neither alone.
        if status != SOLVED or not np.isfinite(solution).all():
            return None
        velocity: Array = np.minimum(np.maximum(solution, allowed.lower), allowed.upper)
        return velocity if (unit.dot(velocity) <= most).all() else None

    def _owners(self, wanted: Array) -> tuple[Reason, ...]:
        is_kept = self._all.matrix.dot(wanted) <= self._all.bound
        owners, start = [], 0
        for limit, rows in zip(self._limits, self._found, strict=True):
            end = start + len(rows.bound)
            if not is_kept[start:end].all():
                owners.append(limit.reason)
            start = end
        return tuple(dict.fromkeys(owners))
