"""Does speed cost return? SAC compiled with bfloat16 hidden layers, beside eager and float32."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, reported
from bench.long_runs import LongRuns
from bench.named import MUJOCO_EPISODES, run_config
from bench.update_rates import has_bf16

from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.benchmarking.statistics import bootstrap_interval, mean
from rl_agent.learning.config import TrainConfig

TASKS = ("HalfCheetah-v4", "Hopper-v4", "Walker2d-v4")
NUM_STEPS, SEEDS = 20_000, 5
PLAIN, FAST = "sac-eager-float32", "sac-compiled-bfloat16"
AGENTS = {
    PLAIN: SacConfig(compile="off"),
    FAST: SacConfig(compile="on", precision="bfloat16"),
}


def measure(context: Context) -> Iterator[Figure]:
    """Yield the fast agent's mean return per task; the bar is where the plain one's may lie."""
    if not has_bf16():
        # bfloat16 would be emulated here: the same numbers, at many times the cost.
        yield reported("learn-f", "not measured", "", "no avx512_bf16 or amx here")
        return
    runs = LongRuns(context)
    for env in TASKS:
        returns: dict[str, list[float]] = {PLAIN: [], FAST: []}
        for seed in range(context.repeats(SEEDS, 2)):
            for label, config in _configs(context, env, seed):
                context.say(f"{label}, {env}, seed {seed} …")
                curve = runs.ours(label, config, MUJOCO_EPISODES)
                returns[label].append(curve.last.mean_return)
        yield _row(context, env, np.array(returns[PLAIN]), np.array(returns[FAST]))


def _configs(context: Context, env: str, seed: int) -> Iterator[tuple[str, TrainConfig]]:
    steps = context.repeats(NUM_STEPS, 2000)
    config = run_config(env, seed, algo="sac", num_steps=steps)
    for label, agent in AGENTS.items():
        yield label, replace(config, agent=agent)


def _row(context: Context, env: str, plain: np.ndarray, fast: np.ndarray) -> Figure:
    interval = bootstrap_interval([plain], mean, np.random.default_rng(context.seed))
    assert interval is not None
    told = f"{plain.mean():.0f} ({interval.lower:.0f} to {interval.upper:.0f} over seeds)"
    each = "; ".join(
        f"{label}: {', '.join(f'{value:.0f}' for value in values)}"
        for label, values in ((PLAIN, plain), (FAST, fast))
    )
    detail = f"{len(plain)} seeds, eager float32 {told}; {each}{context.quick_words()}"
    return at_least(f"learn-f.{env}", float(fast.mean()), interval.lower, "", detail)
