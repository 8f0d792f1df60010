"""A mass on a line that is to be brought to rest at zero: a task whose best return is known.

x' = x + T v, v' = v + T u, cost x^2 + 0.1 v^2 + 0.1 u^2 per step. Its optimum without bounds is the
linear-quadratic regulator, which hardly meets them from where episodes begin.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import register
from gymnasium.spaces import Box

from rl_agent.types import Array

STEP_S = 0.1
NUM_STEPS = 60
MOST_FORCE = 2.0
STATE_COST = np.diag([1.0, 0.1])
FORCE_COST = 0.1
DYNAMICS = np.array([[1.0, STEP_S], [0.0, 1.0]])
INPUT = np.array([[0.0], [STEP_S]])
STARTS = np.array([1.0, 0.5])
WALLS = np.array([2.0, 2.0])
"""Neither place nor speed goes further; the regulator never comes there."""
ID = "SurefootDoubleIntegrator-v0"


class DoubleIntegrator(gym.Env[np.ndarray, np.ndarray]):
    """Observation (x, v), action the share of the largest force."""

    observation_space = Box(-np.inf, np.inf, (2,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self) -> None:
        self._state = np.zeros(2)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin anywhere within `STARTS`."""
        super().reset(seed=seed, options=options)
        self._state = self.np_random.uniform(-STARTS, STARTS)
        return self._state.astype(np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Push for one step."""
        force = MOST_FORCE * float(np.clip(action[0], -1.0, 1.0))
        cost = self._state @ STATE_COST @ self._state + FORCE_COST * force**2
        moved = DYNAMICS @ self._state + INPUT[:, 0] * force
        self._state = np.clip(moved, -WALLS, WALLS)
        return self._state.astype(np.float32), -float(cost), False, False, {}


def lqr_gain() -> Array:
    """Return K (1, 2) of u = -K (x, v), by iterating the discrete Riccati equation."""
    value = STATE_COST.copy()
    gain = np.zeros((1, 2))
    for _ in range(2000):
        weight = np.array([[FORCE_COST]]) + INPUT.T @ value @ INPUT
        gain = np.linalg.solve(weight, INPUT.T @ value @ DYNAMICS)
        value = STATE_COST + DYNAMICS.T @ value @ (DYNAMICS - INPUT @ gain)
    return gain


register(ID, entry_point=DoubleIntegrator, max_episode_steps=NUM_STEPS)
