"""What is asked of a robot: reward, success, termination and goals, as functions of readings.

A task never sees a simulator, so that the same reward can be computed on hardware. All array
functions are vectorised over leading axes, so that replay can give a transition another goal and
recompute its reward.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl_agent.kinematics import Kinematics
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Measurement


class Task(ABC):
    """max E[sum gamma^t r(context, next_context, action, previous_action, goal)] for one robot.

    *Context* is the part of a measurement that reward and goal terms need (a tool position, say);
    *goal* is what may be exchanged afterwards.
    """

    context_dim: int
    goal_dim: int
    goal_obs_dim: int
    """Size of the observation's goal-dependent part, which stands at its end."""
    episode_s: float
    """Time limit [s]; reaching it truncates."""
    hold_s: float = 1.0
    """A task without goals is met when its success held over the last `hold_s` of an episode."""
    smooth_s: float = 0.0
    """Contexts are averaged over the last `smooth_s` of an episode before its success is judged: a
    walking body swings with every stride."""
    gamma: float
    """Discount factor per policy period that suits this task at the robot's policy_hz."""

    def __init__(self, spec: RobotSpec, kinematics: Kinematics | None) -> None:
        self.spec = spec
        self.kinematics = kinematics

    @abstractmethod
    def sample_goal(self, rng: np.random.Generator, measurement: Measurement) -> Array:
        """Draw a goal (goal_dim,) that is reachable and worth asking for from here."""

    @abstractmethod
    def context(self, measurement: Measurement) -> Array:
        """Return (context_dim,), all that the functions below need to know of a measurement."""

    @abstractmethod
    def goal_obs(self, context: Array, goal: Array) -> Array:
        """Return (..., goal_obs_dim) from (..., context_dim) and (..., goal_dim)."""

    @abstractmethod
    def reward(
        self,
        context: Array,
        next_context: Array,
        action: Array,
        previous_action: Array,
        goal: Array,
    ) -> Array:
        """Return (...) per step; actions are (..., act_dim) as applied, in [-1, 1]."""

    @abstractmethod
    def success(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell (...) whether the goal is met at this instant."""

    def error(self, context: Array, goal: Array) -> Array:
        """Return (...) the distance to the goal in `error_unit`, for reports."""
        return np.zeros(np.broadcast_shapes(context.shape[:-1], goal.shape[:-1]))

    error_unit: str = ""

    def terminated(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell (...) whether the policy ended the episode (a fall, say); bootstraps nothing."""
        return np.zeros(np.broadcast_shapes(context.shape[:-1], goal.shape[:-1]), dtype=np.bool_)

    def start_position(self, rng: np.random.Generator) -> Array:
        """Draw joint positions (num_joints,) to start from; home unless a task says otherwise."""
        del rng
        return self.spec.home.copy()

    def start_goal(self, rng: np.random.Generator) -> Array | None:
        """Draw a goal (goal_dim,) that the robot meets where it starts; None if there is none."""
        del rng
        return None

    def random_position(self, rng: np.random.Generator) -> Array:
        """Draw joint positions (num_joints,) from all that the task may meet."""
        return self.start_position(rng)

    def describe(self) -> dict[str, Any]:
        """Return what a policy bundle must agree with, for the contract."""
        return {"task": type(self).__name__, "goal_dim": self.goal_dim}
