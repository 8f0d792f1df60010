"""A point on a line that is pushed to a goal: the smallest environment with all that a twin tells.

obs = (x, v, goal - x); x' = x + 0.1 v, v' = v + 0.1 a, a = 3 * action; reward = -|goal - x'|.
"""

import gymnasium
import numpy as np
from gymnasium.spaces import Box

EPISODE_STEPS = 40


class PointTask:
    context_dim = 1
    goal_dim = 1
    gamma = 0.9

    def goal_obs(self, context, goal):
        return goal - context

    def reward(self, context, next_context, action, previous_action, goal):
        return -np.abs(goal - next_context)[..., 0]

    def terminated(self, context, goal):
        return np.zeros(np.broadcast_shapes(context.shape[:-1], goal.shape[:-1]), dtype=bool)


class Builder:
    goal_slice = slice(2, 3)


class DoubleIntegrator(gymnasium.Env):
    observation_space = Box(-np.inf, np.inf, (3,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, *, breaks_at=None, tolerance=0.1, has_rewards=True):
        """From step `breaks_at` on, observations are NaN; without rewards, these always are."""
        self._has_rewards = has_rewards
        self._tolerance = tolerance
        self.task, self.builder = PointTask(), Builder()
        self._breaks_at = breaks_at
        self._total_steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._x, self._v, self._step = 0.0, 0.0, 0
        self._goal = self.np_random.uniform(-1.0, 1.0, 1)
        return self._obs(), {}

    def step(self, action):
        context = np.array([self._x])
        self._x += 0.1 * self._v
        self._v += 0.3 * float(action[0])
        self._step += 1
        self._total_steps += 1
        next_context = np.array([self._x])
        reward = float(self.task.reward(context, next_context, None, None, self._goal))
        reward = reward if self._has_rewards else np.nan
        info = {
            "applied_action": action,
            "previous_action": action,
            "context": context,
            "next_context": next_context,
            "goal": self._goal.copy(),
            "is_success": bool(abs(self._goal[0] - self._x) < self._tolerance),
        }
        return self._obs(), reward, False, self._step >= EPISODE_STEPS, info

    def get_state(self):
        return {
            "point": np.array([self._x, self._v]),
            "goal": self._goal,
            "step": self._step,
            "rng": self.np_random.bit_generator.state,
        }

    def set_state(self, state):
        self._x, self._v = (float(value) for value in state["point"])
        self._goal, self._step = state["goal"], state["step"]
        self.np_random.bit_generator.state = state["rng"]

    def _obs(self):
        if self._breaks_at is not None and self._total_steps >= self._breaks_at:
            return np.full(3, np.nan, np.float32)
        return np.array([self._x, self._v, self._goal[0] - self._x], dtype=np.float32)


class Unbounded(DoubleIntegrator):
    """Cannot be learned with: no action is the largest."""

    action_space = Box(-np.inf, np.inf, (1,), np.float32)


gymnasium.register("DoubleIntegrator-v0", entry_point=DoubleIntegrator)
gymnasium.register("Unbounded-v0", entry_point=Unbounded)
