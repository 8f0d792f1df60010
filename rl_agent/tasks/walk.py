"""Walk straight ahead at a speed. No goal; the body's readings decide, so hardware can judge it.

The speed comes from `Measurement.base_velocity`: exact in a twin, an estimate on hardware.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.kinematics import Kinematics
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Measurement

from .task import Task

SPEEDS = (0.3, 0.6)
"""[m/s], the slowest and the fastest that may be asked for."""
FALLEN_COS = math.cos(math.radians(30.0))
"""Cosine of the lean at which a robot has fallen."""
SHARE = 0.3
"""The speed may differ from what is asked by this share of it."""
ALIVE = 0.2
"""Reward of standing upright."""
FULL_TO, GONE_AT = 1.2, 2.2
"""Times the asked speed: up to where it is rewarded fully, and where not at all."""
LEAST_TOLERANCE = -0.25
YAW_COST = 0.1
CHANGE_COST = 0.01
CONTEXT_DIM = 5


class WalkTask(Task):
    """r = u (0.2 + 0.8 f(v)) - 0.1 |yaw rate| - 0.01 |a - a_prev|^2 after the step.

    v is the forward speed cos(pitch) v_x, u the cosine of the lean. f rises from -1/4 at a quarter
    of the asked speed s backwards to 1 at s, stays there until 1.2 s, and falls to 0 at 2.2 s.

    Smith, Kostrikov and Levine (2022), "A Walk in the Park", arXiv:2208.07860, reward a speed from
    s to 2 s fully, and standing by a half; their code also has the yaw rate's term and ends an
    episode at 30 degrees of roll or pitch. Here standing is worth 0.2, just enough not to fall:
    with a half, a learner of ours stood for ten thousand steps. Energy is not asked about, for not
    every driver reports efforts.
    """

    context_dim = CONTEXT_DIM
    goal_dim = 0
    goal_obs_dim = 0
    episode_s = 20.0
    error_unit = "m/s"
    hold_s = 10.0
    smooth_s = 2.0
    speed = 0.5
    """What is asked for [m/s]; a subclass may say another."""

    def __init__(self, spec: RobotSpec, kinematics: Kinematics | None) -> None:
        super().__init__(spec, kinematics)
        if "projected_gravity" not in spec.obs_terms:
            message = "walk needs to know how the body is turned; add 'projected_gravity'"
            raise ProfileError(str(spec.source), [Problem("observation.terms", message)])
        if not SPEEDS[0] <= self.speed <= SPEEDS[1]:
            message = f"expected {SPEEDS[0]} to {SPEEDS[1]} m/s, got {self.speed:g}"
            raise ProfileError(type(self).__name__, [Problem("speed", message)])
        self.gamma = float(0.99 ** (20.0 / spec.policy_hz))

    def sample_goal(self, rng: np.random.Generator, measurement: Measurement) -> Array:
        """Return (0,): there is nothing to choose."""
        del rng, measurement
        return np.zeros(0)

    def context(self, measurement: Measurement) -> Array:
        """Return (5,): v_x [m/s], projected gravity (3), yaw rate [rad/s]; NaN where unheard."""
        imu, velocity = measurement.imu, measurement.base_velocity
        if imu is None or velocity is None:
            return np.full(CONTEXT_DIM, np.nan)
        return np.array([velocity[0], *imu.projected_gravity, imu.angular_velocity[2]])

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
        del context, goal
        upright = np.maximum(-next_context[..., 3], 0.0)
        tracking = speed_tolerance(forward_speed(next_context), self.speed)
        staying = ALIVE + (1.0 - ALIVE) * tracking
        turning = np.abs(next_context[..., 4])
        change = np.sum(np.square(action - previous_action), axis=-1)
        return np.asarray(upright * staying - YAW_COST * turning - CHANGE_COST * change)

    def success(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell (...) whether the robot walks within 30 % of the speed, some strides' mean."""
        is_fast = self.error(context, goal) <= SHARE * self.speed
        return np.asarray(is_fast & ~self.terminated(context, goal))

    def error(self, context: Array, goal: Array) -> Array:
        """Return (...) how far the forward speed is from what is asked [m/s]."""
        del goal
        return np.abs(forward_speed(context) - self.speed)

    def terminated(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell (...) whether the body leans by more than 30 degrees."""
        del goal
        return np.asarray(-context[..., 3] < FALLEN_COS)

    def describe(self) -> dict[str, object]:
        """Return what a policy bundle must agree with: the speed it was taught as well."""
        return {**super().describe(), "speed": self.speed}


def forward_speed(context: Array) -> Array:
    """Return (...) cos(pitch) v_x [m/s] from contexts (..., 5)."""
    # Gravity's share along x is the sine of the pitch.
    cos_pitch = np.sqrt(np.maximum(1.0 - np.square(context[..., 1]), 0.0))
    return np.asarray(cos_pitch * context[..., 0])


def speed_tolerance(speed: Array, asked: float) -> Array:
    """Return (...) in [-1/4, 1]: speed / asked, 1 from `asked` to 1.2 times that, 0 at 2.2."""
    share = speed / asked
    too_fast = (GONE_AT - share) / (GONE_AT - FULL_TO)
    rising = np.clip(share, LEAST_TOLERANCE, 1.0)
    return np.asarray(np.where(share <= FULL_TO, rising, np.clip(too_fast, 0.0, 1.0)))
