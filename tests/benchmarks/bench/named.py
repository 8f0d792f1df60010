"""The algorithm that learn-d and learn-e name beforehand, and the settings of its runs."""

from __future__ import annotations

from rl_agent.algorithms.registry import config_class
from rl_agent.learning.config import EvaluationConfig, TrainConfig

NAMED = "crossq"
NUM_STEPS = 50_000
SEEDS = 3
LEARNING_STARTS = 1000
MUJOCO_EPISODES = 10
TASKS = ("Hopper-v4", "HalfCheetah-v4")


def run_config(
    env: str,
    seed: int,
    *,
    algo: str = NAMED,
    num_steps: int = NUM_STEPS,
) -> TrainConfig:
    """Return an algorithm's defaults, looked at 20 times on the way."""
    every = max(1, num_steps // 20)
    return TrainConfig(
        env=env,
        algo=algo,
        seed=seed,
        num_steps=num_steps,
        learning_starts=min(LEARNING_STARTS, num_steps),
        agent=config_class(algo)(compile="on"),
        evaluation=EvaluationConfig(
            every=every, num_episodes=MUJOCO_EPISODES, num_confirm=MUJOCO_EPISODES
        ),
        checkpoint_every_s=60.0,
    )
