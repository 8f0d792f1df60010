"""Pairs of links keep their distance, with room to brake."""

from __future__ import annotations

import numpy as np

from rl_agent.kinematics import Clearances
from rl_agent.safety.approach_speed import BAND_M, ApproachSpeed
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import LimitState
from rl_agent.spec import RobotSpec
from rl_agent.types import Reason


class SelfDistanceLimit(CoupledLimit):
    """Allow dd/dq v' >= -(speed at which the pair's distance can still be kept)."""

    reason = Reason.SELF_DISTANCE

    def __init__(self, spec: RobotSpec, dt: float, clearances: Clearances) -> None:
        self._clearances = clearances
        self._least = np.array([pair.distance_m + BAND_M for pair in spec.safety.pairs])
        self._speed = ApproachSpeed(spec, dt)
        self._commanded = spec.command_selection
        self._position = spec.home.copy()

    def rows(self, state: LimitState) -> Rows:
        """Return one row per pair."""
        self._position[self._commanded] = state.position
        distance, gradient = self._clearances.pair_distances(self._position)
        gradient = gradient[:, self._commanded]
        return self._speed.rows(distance - self._least, gradient)
