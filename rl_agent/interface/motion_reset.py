"""Between two episodes the joints go to where the next one starts, slowly and through the gate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rl_agent.interface.action import ActionMapper
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, FloatArray, Measurement

SPEED_SHARE = 0.3
"""Of the actions' top speeds; the gate may slow it further."""
ARRIVED_SHARE = 0.01
"""Of a joint's range: the set-point is there when all are as near."""
REST_SPEED = 0.1
"""[rad/s or m/s] a joint that is slower rests. All must, those without a motor as well."""
REST_S = 0.25
"""At a turning point nothing moves either, for an instant."""
TIMEOUT_S = 30.0
"""The twin of a cart waits for 9 to 15 s until its pole hangs still."""


class MotionReset:
    """An `EpisodeReset`: a straight line of the joints, which end it together and at rest.

    Its commands are the mapper's set-points, like a policy's: they begin where the last one left
    off, and limits, zones and leashes hold. What the gate holds back for too long is given up: the
    episode then begins where the robot stands, and `num_timeouts` counts it.
    """

    holds_goals = True

    def __init__(
        self, spec: RobotSpec, mapper: ActionMapper, draw_position: Callable[[], Array]
    ) -> None:
        """Prepare.

        Args:
            spec: The robot.
            mapper: Whose set-points are proposed.
            draw_position: Returns joint positions (num_joints,) to start from.
        """
        self._mapper = mapper
        self._draw_position = draw_position
        self._index = [spec.command_index[i] for i in spec.action_index]
        joints = [spec.joints[i] for i in self._index]
        self._near = ARRIVED_SHARE * np.array([joint.upper - joint.lower for joint in joints])
        self._action_index = list(spec.action_index)
        self._most_ticks = round(TIMEOUT_S * spec.policy_hz)
        self._rest_ticks = max(1, round(REST_S * spec.policy_hz))
        self.num_timeouts = 0
        """Resets that did not get there in time."""
        self._target: Array | None = None
        self._num_ticks = self._num_rested = 0

    def begin(self, goal: Array | None) -> None:
        """Go to another start position from now on."""
        del goal
        # Drawn when it is needed: while a robot is not armed, each reading begins it anew.
        self._target = None
        self._num_ticks = self._num_rested = 0

    def act(self, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Return the action of the next stretch; None once the robot rests there, or gives up."""
        del goal
        if self._target is None:
            self._target = self._draw_position()[self._index]
        self._num_ticks += 1
        if self._is_there(measurement, self._target):
            return None
        if self._num_ticks > self._most_ticks:
            self.num_timeouts += 1
            return None
        return self._mapper.action_towards(self._target, SPEED_SHARE)

    def _is_there(self, measurement: Measurement, target: Array) -> bool:
        away = np.abs(self._mapper.setpoint.position[self._action_index] - target)
        is_rest = (away <= self._near).all() and (np.abs(measurement.velocity) <= REST_SPEED).all()
        self._num_rested = self._num_rested + 1 if is_rest else 0
        return self._num_rested >= self._rest_ticks
