"""The algorithm that learn-d and learn-e name beforehand, and the settings of its runs."""

from __future__ import annotations

from rl_agent.algorithms.registry import config_class
from rl_agent.learning.config import EvaluationConfig, TrainConfig

NAMED = "crossq"
NUM_STEPS = 50_000
SEEDS = 3
MUJOCO_EPISODES = 10
TASKS = ("Hopper-v4", "HalfCheetah-v4")


def run_config(
    env: str,
    seed: int,
    *,
    algo: str = NAMED,
    num_steps: int = NUM_STEPS,
    compile_mode: str = "on",
    learning_starts: int = 1000,
) -> TrainConfig:
    """Return an algorithm's defaults, looked at 20 times on the way."""
    every = max(1, num_steps // 20)
    return TrainConfig(
        env=env,
        algo=algo,
        seed=seed,
        num_steps=num_steps,
        learning_starts=min(learning_starts, num_steps),
        agent=config_class(algo)(compile=compile_mode),  # type: ignore[arg-type]
        evaluation=EvaluationConfig(
            every=every, num_episodes=MUJOCO_EPISODES, num_confirm=MUJOCO_EPISODES
        ),
        checkpoint_every_s=60.0,
    )
