"""Returns after few steps: means over seeds, deterministic episodes from fixed start states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, reported
from bench.long_runs import LongRuns
from bench.named import MUJOCO_EPISODES, NAMED, NUM_STEPS, SEEDS, run_config

from rl_agent.benchmarking.published import published_returns
from rl_agent.learning.config import TrainConfig

MUJOCO_BARS = {"HalfCheetah-v4": 6500.0, "Hopper-v4": 2000.0}
PENDULUM, PENDULUM_BAR, PENDULUM_STEPS, PENDULUM_EPISODES = "Pendulum-v1", -160.0, 10_000, 100
CLASSICS = ("sac", "td3", "ddpg")
LONG_STEPS, LONG_LABEL = 100_000, f"{NAMED}-100k"


def measure(context: Context) -> Iterator[Figure]:
    """Yield the named algorithm's returns on MuJoCo's tasks, and the classics' on the pendulum.

    At 100 000 steps they stand beside published ones, without a bar.
    """
    runs = LongRuns(context)
    for algo in CLASSICS:
        steps = context.repeats(PENDULUM_STEPS, 1000)
        config = partial(run_config, PENDULUM, algo=algo, num_steps=steps)
        mean, detail = _returns(context, runs, algo, config, PENDULUM_EPISODES)
        yield at_least(f"learn-e.{algo}-{PENDULUM}", mean, PENDULUM_BAR, "", detail)
    for env, bar in MUJOCO_BARS.items():
        steps = context.repeats(NUM_STEPS, 3000)
        config = partial(run_config, env, num_steps=steps)
        mean, detail = _returns(context, runs, NAMED, config, MUJOCO_EPISODES)
        yield at_least(f"learn-e.{NAMED}-{env}", mean, bar, "", detail)
    for env in MUJOCO_BARS:
        steps = context.repeats(LONG_STEPS, 4000)
        config = partial(run_config, env, num_steps=steps)
        mean, detail = _returns(context, runs, LONG_LABEL, config, MUJOCO_EPISODES)
        others = ", ".join(
            f"{entry.algorithm} {entry.mean_return:.0f}"
            for entry in published_returns(env, LONG_STEPS)
        )
        yield reported(f"learn-e.{LONG_LABEL}-{env}", mean, "", f"{detail}; published: {others}")


def _returns(
    context: Context,
    runs: LongRuns,
    label: str,
    config_of: Callable[[int], TrainConfig],
    episodes: int,
) -> tuple[float, str]:
    """Return the mean over the seeds, and each."""
    configs = [config_of(seed) for seed in range(context.repeats(SEEDS, 1))]
    curves = [runs.ours(label, config, episodes) for config in configs]
    returns = [curve.last.mean_return for curve in curves]
    each = ", ".join(f"{value:.0f}" for value in returns)
    commits = ", ".join(sorted({curve.commit[:7] for curve in curves}))
    words = f"{configs[0].num_steps} steps, {len(returns)} seeds: {each} ({commits})"
    return float(np.mean(returns)), words + context.quick_words()
