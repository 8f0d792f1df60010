"""Returns after few steps: means over seeds, deterministic episodes from fixed start states."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least
from bench.long_runs import LongRuns
from bench.named import MUJOCO_EPISODES, NAMED, NUM_STEPS, SEEDS, run_config

MUJOCO_BARS = {"HalfCheetah-v4": 6500.0, "Hopper-v4": 2000.0}
PENDULUM, PENDULUM_BAR, PENDULUM_STEPS, PENDULUM_EPISODES = "Pendulum-v1", -160.0, 10_000, 100
CLASSICS = ("sac", "td3", "ddpg")


def measure(context: Context) -> Iterator[Figure]:
    """Yield the named algorithm's returns on MuJoCo's tasks, and the classics' on the pendulum."""
    runs = LongRuns(context)
    for algo in CLASSICS:
        steps = context.repeats(PENDULUM_STEPS, 1000)
        yield _row(context, runs, algo, PENDULUM, steps, PENDULUM_BAR, PENDULUM_EPISODES)
    for env, bar in MUJOCO_BARS.items():
        steps = context.repeats(NUM_STEPS, 3000)
        yield _row(context, runs, NAMED, env, steps, bar, MUJOCO_EPISODES)


def _row(
    context: Context,
    runs: LongRuns,
    algo: str,
    env: str,
    num_steps: int,
    bar: float,
    episodes: int,
) -> Figure:
    seeds = range(context.repeats(SEEDS, 1))
    curves = [
        runs.ours(algo, run_config(env, seed, algo=algo, num_steps=num_steps), episodes)
        for seed in seeds
    ]
    returns = [curve.last.mean_return for curve in curves]
    each = ", ".join(f"{value:.0f}" for value in returns)
    commits = ", ".join(sorted({curve.commit[:7] for curve in curves}))
    detail = f"{num_steps} steps, {len(returns)} seeds: {each} ({commits})"
    value = float(np.mean(returns))
    return at_least(f"learn-e.{algo}-{env}", value, bar, "", detail + context.quick_words())
