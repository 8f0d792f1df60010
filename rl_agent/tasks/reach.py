"""Bring the tool to a point and keep it there. Goals are tool positions in the base frame [m]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.kinematics import Kinematics
from rl_agent.spec import RobotSpec, WorkspaceSpec
from rl_agent.types import Array, Measurement

from .task import Task

TOLERANCE_M = 0.02
MIN_DISTANCE_M = 0.10
"""A goal nearer than this to the tool would be no reach."""
REACH_SCALE_M = 0.10
FINE_SCALE_M = 0.03


class ReachTask(Task):
    """r = -5 d + n (1 - 0.25 |a|^2) - 0.05 |a - a_prev|^2 with nearness n = exp(-(d / 3 cm)^2).

    d is the tool's distance [m] after the step. An action is a speed: near the goal it should rest.
    """

    context_dim = 3
    goal_dim = 3
    goal_obs_dim = 6
    episode_s = 4.0
    error_unit = "m"
    tolerance = TOLERANCE_M

    def __init__(self, spec: RobotSpec, kinematics: Kinematics | None) -> None:
        super().__init__(spec, kinematics)
        if spec.tool is None or spec.tool.workspace is None or kinematics is None:
            message = "reach needs a tool with a workspace; add both to the profile"
            raise ProfileError(str(spec.source), [Problem("tool", message)])
        self.workspace = spec.tool.workspace
        # The same horizon in seconds at every rate: 0.95 at 20 Hz, 0.98 at 50 Hz.
        self.gamma = float(0.95 ** (20.0 / spec.policy_hz))

    def sample_goal(self, rng: np.random.Generator, measurement: Measurement) -> Array:
        """Draw (3,) uniformly over the workspace's volume, at least 10 cm from the tool."""
        tool = self.context(measurement)
        while True:
            goal = sample_workspace(self.workspace, rng)[0]
            if np.linalg.norm(goal - tool) >= MIN_DISTANCE_M:
                return goal

    def start_goal(self, rng: np.random.Generator) -> Array:
        """Return (3,) where the tool is at the start."""
        assert self.kinematics is not None
        return self.kinematics.tool_position(self.start_position(rng))

    def sample_relabel_goals(self, rng: np.random.Generator, contexts: Array) -> Array:
        """Draw (B, 3) goals for steps that ended at contexts (B, 3): half near, half anywhere."""
        size = len(contexts)
        near = contexts + rng.normal(0.0, 0.03, (size, 3))
        away = sample_workspace(self.workspace, rng, size)
        return np.where((rng.random(size) < 0.5)[:, None], near, away)

    def random_position(self, rng: np.random.Generator) -> Array:
        """Draw joint positions (num_joints,) anywhere with the tool in the workspace.

        Learning from home alone leaves folded poses unseen, from which a policy then finds no way.
        """
        assert self.kinematics is not None
        index = [self.spec.command_index[i] for i in self.spec.action_index]
        joints = [self.spec.joints[i] for i in index]
        lower = [joint.lower + joint.margin for joint in joints]
        upper = [joint.upper - joint.margin for joint in joints]
        position = self.spec.home.copy()
        while True:
            position[index] = rng.uniform(lower, upper)
            if is_inside(self.workspace, self.kinematics.tool_position(position)):
                return position

    def context(self, measurement: Measurement) -> Array:
        """Return (3,) the tool's position."""
        assert self.kinematics is not None
        return self.kinematics.tool_position(measurement.position)

    def goal_obs(self, context: Array, goal: Array) -> Array:
        """Return (..., 6): goal - tool in the tool's azimuth frame, coarse and fine."""
        delta = goal - context
        axis_x, axis_y = self.workspace.pan_axis_m
        azimuth = np.arctan2(context[..., 1] - axis_y, context[..., 0] - axis_x)
        cos, sin = np.cos(azimuth), np.sin(azimuth)
        radial = cos * delta[..., 0] + sin * delta[..., 1]
        tangential = -sin * delta[..., 0] + cos * delta[..., 1]
        turned = np.stack([radial, tangential, delta[..., 2]], axis=-1)
        return np.concatenate([turned / REACH_SCALE_M, np.tanh(turned / FINE_SCALE_M)], axis=-1)

    def reward(
        self,
        context: Array,
        next_context: Array,
        action: Array,
        previous_action: Array,
        goal: Array,
    ) -> Array:
        """Return (...) as the class says."""
        del context
        distance = self.error(next_context, goal)
        nearness = np.exp(-np.square(distance / FINE_SCALE_M))
        rest = 1.0 - 0.25 * np.sum(np.square(action), axis=-1)
        change = np.sum(np.square(action - previous_action), axis=-1)
        return -5.0 * distance + nearness * rest - 0.05 * change

    def success(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell (...) whether the tool is within 2 cm."""
        return np.asarray(self.error(context, goal) <= TOLERANCE_M)

    def error(self, context: Array, goal: Array) -> Array:
        """Return (...) the tool's distance to the goal [m]."""
        return np.asarray(np.linalg.norm(goal - context, axis=-1))


def is_inside(workspace: WorkspaceSpec, point: Array) -> bool:
    """Tell whether a point (3,) [m] of the base frame lies in the workspace."""
    x, y = point[0] - workspace.pan_axis_m[0], point[1] - workspace.pan_axis_m[1]
    radius, height = float(np.hypot(x, y)), float(point[2])
    from_shoulder = np.hypot(radius - workspace.shoulder_m[0], height - workspace.shoulder_m[1])
    return bool(
        workspace.radius_m[0] <= radius <= workspace.radius_m[1]
        and workspace.height_m[0] <= height <= workspace.height_m[1]
        and abs(np.arctan2(y, x)) <= workspace.pan_rad
        and from_shoulder <= workspace.reach_m
    )


def sample_workspace(workspace: WorkspaceSpec, rng: np.random.Generator, size: int = 1) -> Array:
    """Draw points (size, 3) [m] uniformly over the workspace's volume, in the base frame."""
    inner, outer = workspace.radius_m
    points = np.empty((0, 3))
    while len(points) < size:
        # Twice as many as are needed: some lie out of the arm's reach.
        radius = np.sqrt(rng.uniform(inner**2, outer**2, 2 * size))
        pan = rng.uniform(-workspace.pan_rad, workspace.pan_rad, 2 * size)
        height = rng.uniform(*workspace.height_m, 2 * size)
        from_shoulder = np.hypot(radius - workspace.shoulder_m[0], height - workspace.shoulder_m[1])
        x = workspace.pan_axis_m[0] + radius * np.cos(pan)
        y = workspace.pan_axis_m[1] + radius * np.sin(pan)
        drawn = np.stack([x, y, height], axis=-1)
        points = np.concatenate([points, drawn[from_shoulder <= workspace.reach_m]])
    return points[:size]
