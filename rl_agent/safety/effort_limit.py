"""Efforts and mechanical power that a command asks of the motors, by the model."""

from __future__ import annotations

import numpy as np

from rl_agent.kinematics import Dynamics
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import LimitState
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Reason


class ModelledEffort:
    """M and b of the command joints at the last applied command; passive joints stand at home."""

    def __init__(self, spec: RobotSpec, dynamics: Dynamics) -> None:
        self._dynamics = dynamics
        self._commanded = spec.command_selection
        self._position = spec.home.copy()
        self._velocity = np.zeros(len(spec.joints))

    def inertia_and_bias(self, state: LimitState) -> tuple[Array, Array]:
        """Return M (n, n) and b (n,) of the n command joints."""
        self._position[self._commanded] = state.position
        self._velocity[self._commanded] = state.velocity
        inertia, bias = self._dynamics.inertia_and_bias(self._position, self._velocity)
        return inertia[self._commanded][:, self._commanded], bias[self._commanded]


class EffortLimit(CoupledLimit):
    """Allow |M (v' - v) / T + b| <= max_effort, per joint."""

    reason = Reason.EFFORT

    def __init__(self, spec: RobotSpec, dt: float, dynamics: Dynamics) -> None:
        self._model = ModelledEffort(spec, dynamics)
        self._most = np.array([joint.max_effort for joint in spec.command_joints])
        self._nowhere = np.full(2 * len(self._most), np.inf)
        self._rate = 1.0 / dt

    def rows(self, state: LimitState) -> Rows:
        """Return two rows per joint."""
        inertia, bias = self._model.inertia_and_bias(state)
        num = len(self._most)
        matrix, bound = np.empty((2 * num, num)), np.empty(2 * num)
        gain = np.multiply(inertia, self._rate, out=matrix[:num])
        np.negative(gain, out=matrix[num:])
        rest = bias - gain.dot(state.velocity)
        np.subtract(self._most, rest, out=bound[:num])
        np.add(self._most, rest, out=bound[num:])
        return Rows(matrix, bound, self._nowhere)


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
