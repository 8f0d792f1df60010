"""What a benchmark must know of an environment before hours are spent on it."""

from __future__ import annotations

import warnings
from typing import Any

from rl_agent.learning.env_adapter import make_env

MUJOCO_EPISODES = 10
OTHER_EPISODES = 100


def default_final_episodes(env_id: str, options: dict[str, Any]) -> int:
    """Return how many last episodes published comparisons use: 10 for MuJoCo's tasks, else 100.

    Raises:
        EnvironmentNotSupportedError: There is no such environment, or it can't be learned with.
    """
    with warnings.catch_warnings():
        # Published numbers are for older versions of a task; Gymnasium says so at each start.
        warnings.simplefilter("ignore", DeprecationWarning)
        adapter = make_env(env_id, options)
    module = type(adapter.env.unwrapped).__module__
    adapter.close()
    return MUJOCO_EPISODES if module.startswith("gymnasium.envs.mujoco") else OTHER_EPISODES
