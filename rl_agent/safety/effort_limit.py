"""Efforts and mechanical power that a command asks of the motors, by the model."""

from __future__ import annotations

import numpy as np

from rl_agent.interface.kinematics import Dynamics
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import LimitState
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Reason


class ModelledEffort:
    """M and b of the command joints at the last applied command; passive joints stand at home."""

    def __init__(self, spec: RobotSpec, dynamics: Dynamics) -> None:
        self._dynamics = dynamics
        self._index = np.array(spec.command_index)
        self._position = spec.home.copy()
        self._velocity = np.zeros(len(spec.joints))

    def inertia_and_bias(self, state: LimitState) -> tuple[Array, Array]:
        """Return M (n, n) and b (n,) of the n command joints."""
        self._position[self._index] = state.position
        self._velocity[self._index] = state.velocity
        inertia, bias = self._dynamics.inertia_and_bias(self._position, self._velocity)
        return inertia[np.ix_(self._index, self._index)], bias[self._index]


class EffortLimit(CoupledLimit):
    """Allow |M (v' - v) / T + b| <= max_effort, per joint."""

    reason = Reason.EFFORT

    def __init__(self, spec: RobotSpec, dt: float, dynamics: Dynamics) -> None:
        self._model = ModelledEffort(spec, dynamics)
        self._most = np.array([joint.max_effort for joint in spec.command_joints])
        self._rate = 1.0 / dt

    def rows(self, state: LimitState) -> Rows:
        """Return two rows per joint."""
        inertia, bias = self._model.inertia_and_bias(state)
        gain = inertia * self._rate
        rest = bias - gain @ state.velocity
        bound = np.concatenate([self._most - rest, self._most + rest])
        return Rows(np.concatenate([gain, -gain]), bound, np.full(len(bound), np.inf))


class PowerLimit(CoupledLimit):
    """Allow tau v' <= max_power_w, with the efforts tau of the last tick's motion."""

    reason = Reason.POWER

    def __init__(self, spec: RobotSpec, dt: float, dynamics: Dynamics) -> None:
        self._model = ModelledEffort(spec, dynamics)
        power_w = spec.safety.max_power_w
        self._most = np.array([np.inf if power_w is None else power_w])
        self._rate = 1.0 / dt

    def rows(self, state: LimitState) -> Rows:
        """Return one row."""
        inertia, bias = self._model.inertia_and_bias(state)
        acceleration = (state.velocity - state.previous_velocity) * self._rate
        effort = inertia @ acceleration + bias
        return Rows(effort[None, :], self._most, np.array([np.inf]))
