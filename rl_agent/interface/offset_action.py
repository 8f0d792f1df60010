"""Actions as distances from the home pose, low-passed: how legged robots are usually driven."""

from __future__ import annotations

import math

import numpy as np

from rl_agent.interface.action import ActionMapper, before_dead_zone
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command, FloatArray


class OffsetMapper(ActionMapper):
    """Per action joint, x'' = w^2 (u - x) - 2 w x' towards u = home + a * offset.

    w = 2 pi smoothing_hz. Critically damped, so a set-point that starts from rest between the
    offsets never leaves them, and is never faster than offset * 2 w / e: its velocity answers an
    impulse with w^2 (1 - w t) e^(-w t), whose absolute value integrates to 2 w / e. The target is
    held within a period, and the filter solved exactly.
    """

    def __init__(self, spec: RobotSpec) -> None:
        home = np.array([joint.home for joint in spec.command_joints])
        self._home = home[list(spec.action_index)]
        self._offset = np.array(spec.action.offset)
        self._natural = 2.0 * np.pi * spec.action.smoothing_hz
        self._decay = math.exp(-self._natural * spec.policy_period_s)
        super().__init__(spec)
        # How far the end point of a period follows the target of that period.
        self._reach = self._offset * (1.0 - self._decay * (1.0 + self._natural * self._period_s))

    def action_towards(self, target: Array, share: float) -> FloatArray:
        """Return the action (act_dim,) whose target is `target`; the low-pass leads there."""
        del share
        offset = np.clip((target - self._home) / self._offset, -1.0, 1.0)
        return before_dead_zone(offset, self._dead_zone).astype(np.float32)

    def action_like(self, command: Command) -> FloatArray:
        """Return (act_dim,) the action that leads to where somebody else commands the robot."""
        return self.action_towards(command.position[self._index], 1.0)

    def _advance(self, action: FloatArray | Array) -> None:
        index, w, period_s = self._index, self._natural, self._period_s
        target = self._home + self._past_dead_zone(action) * self._offset
        error, velocity = self._position[index] - target, self._velocity[index]
        # error(t) = (c + d t) e^(-w t) with c = error(0) and d = error'(0) + w c.
        drift = velocity + w * error
        error = (error + drift * period_s) * self._decay
        velocity = drift * self._decay - w * error
        self._position[index] = np.clip(target + error, self._lower, self._upper)
        self._velocity[index] = velocity
        self._acceleration_now[index] = -w * (w * error + 2.0 * velocity)
