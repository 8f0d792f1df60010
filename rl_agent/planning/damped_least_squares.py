"""A reach controller without learning: the yardstick that a trained policy is shown beside."""

from __future__ import annotations

import numpy as np

from rl_agent.interface.action import action_for_speed
from rl_agent.kinematics import Kinematics
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, FloatArray, Measurement

GAIN_PER_S = 4.0
DAMPING = 0.05
CENTRING_PER_S = 0.3


class DampedLeastSquares:
    """dq = J^T (J J^T + lambda^2 I)^-1 k (goal - tool) + (I - J^+ J) c (middle - q).

    Wampler (1986), eq. 15, with the null space used to stay away from the joint limits.
    """

    def __init__(self, spec: RobotSpec, kinematics: Kinematics) -> None:
        self._kinematics = kinematics
        self._measured = np.array([spec.command_index[i] for i in spec.action_index])
        joints = [spec.joints[i] for i in self._measured]
        self._middle = np.array([0.5 * (joint.lower + joint.upper) for joint in joints])
        self._action = spec.action
        self._max_speed = np.array(spec.action.max_speed)

    def act(self, measurement: Measurement, goal: Array) -> FloatArray:
        """Return (act_dim,) in [-1, 1] towards the goal position (3,) [m]."""
        position = measurement.position
        jacobian = self._kinematics.tool_jacobian(position)[:, self._measured]
        error = goal - self._kinematics.tool_position(position)
        gram = jacobian @ jacobian.T + DAMPING**2 * np.eye(3)
        pseudo_inverse = jacobian.T @ np.linalg.inv(gram)
        towards = pseudo_inverse @ (GAIN_PER_S * error)
        centring = CENTRING_PER_S * (self._middle - position[self._measured])
        speed = towards + centring - pseudo_inverse @ (jacobian @ centring)
        # Scaled as a whole, so that the direction of the motion is kept.
        speed /= max(1.0, float(np.abs(speed / self._max_speed).max()))
        return action_for_speed(self._action, speed).astype(np.float32)
