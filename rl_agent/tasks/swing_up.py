"""Swing a pendulum up by moving its cart, and balance it. No goal; the pole hangs at angle pi."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.kinematics import Kinematics
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Measurement

from .task import Task

BALANCED_RAD = 0.2


class SwingUpTask(Task):
    """r = (1 + cos angle)/2 * (1 - (x / x_max)^2 / 2) - 0.01 |a|^2, angle measured from upright.

    The cart-pole of Barto, Sutton and Anderson (1983) with a smooth swing-up reward.
    """

    context_dim = 3
    goal_dim = 0
    goal_obs_dim = 0
    episode_s = 10.0
    error_unit = "rad"

    def __init__(self, spec: RobotSpec, kinematics: Kinematics | None) -> None:
        super().__init__(spec, kinematics)
        passive = [i for i, joint in enumerate(spec.joints) if not joint.is_actuated]
        if len(passive) != 1 or len(spec.command_joints) != 1:
            message = "swing_up needs one actuated joint (cart) and one passive joint (pole)"
            raise ProfileError(str(spec.source), [Problem("joints", message)])
        self._pole = passive[0]
        self._cart = spec.command_index[0]
        self._half_track_m = 0.5 * (spec.joints[self._cart].upper - spec.joints[self._cart].lower)
        self.gamma = float(0.98 ** (50.0 / spec.policy_hz))

    def sample_goal(self, rng: np.random.Generator, measurement: Measurement) -> Array:
        """Return (0,): there is nothing to choose."""
        del rng, measurement
        return np.zeros(0)

    def context(self, measurement: Measurement) -> Array:
        """Return (3,): pole angle from upright [rad], its speed [rad/s], cart position [m]."""
        position, velocity = measurement.position, measurement.velocity
        angle = (position[self._pole] + np.pi) % (2.0 * np.pi) - np.pi
        return np.array([angle, velocity[self._pole], position[self._cart]])

    def goal_obs(self, context: Array, goal: Array) -> Array:
        """Return (..., 0)."""
        del goal
        return np.zeros((*context.shape[:-1], 0))

    def reward(
        self,
        context: Array,
        next_context: Array,
        action: Array,
        previous_action: Array,
        goal: Array,
    ) -> Array:
        """Return (...) as the class says."""
        del context, previous_action, goal
        upright = 0.5 * (1.0 + np.cos(next_context[..., 0]))
        centred = 1.0 - 0.5 * np.square(next_context[..., 2] / self._half_track_m)
        return np.asarray(upright * centred - 0.01 * np.sum(np.square(action), axis=-1))

    def success(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell (...) whether the pole stands within 0.2 rad and is slower than 1 rad/s."""
        del goal
        upright = np.abs(context[..., 0]) <= BALANCED_RAD
        return np.asarray(upright & (np.abs(context[..., 1]) <= 1.0))

    def error(self, context: Array, goal: Array) -> Array:
        """Return (...) the pole's angle from upright [rad]."""
        del goal
        return np.abs(context[..., 0])

    def start_position(self, rng: np.random.Generator) -> Array:
        """Return the hanging pole, a little off, with the cart at home."""
        position = self.spec.home.copy()
        position[self._pole] = np.pi + rng.uniform(-0.1, 0.1)
        return position
