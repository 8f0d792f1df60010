"""Does every algorithm learn, save, load and export? One small task whose best return is known."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from bench.context import Context
from bench.double_integrator import ID, MOST_FORCE, lqr_gain
from bench.figure import Figure, at_least, at_most, equal, reported

from rl_agent.algorithms.agent import Agent, AgentState
from rl_agent.algorithms.registry import ALGORITHMS, make_agent
from rl_agent.deploy.export import policy_parity
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config import EvaluationConfig, TrainConfig
from rl_agent.learning.training import train
from rl_agent.types import FloatArray

LEAST_SHARE = 0.9
MOST_S = 20.0
PARITY = 1e-5
NUM_STEPS, LEARNING_STARTS = 2000, 200
NUM_EPISODES = 30
SMALL = {
    "actor_hidden_dims": (64, 64),
    "critic_hidden_dims": (64, 64),
    "batch_size": 64,
    "gamma": 0.97,
    "actor_learning_rate": 1e-3,
    "critic_learning_rate": 1e-3,
    "normalize_obs": False,
}
BLOCK = {"actor_hidden_dims": (64,), "critic_hidden_dims": (64,)}
EACH = {"policy_delay": 1}
OWN = dict.fromkeys(("bro", "simba_v2"), BLOCK) | {"flash_sac": BLOCK | EACH, "td3": EACH}
"""One residual block is two layers, and one in front of it. FlashSAC moves its actor, TD3 actor and
targets, at every other update; within 2000 steps that is too seldom."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield return, time and parity of each algorithm."""
    gain = lqr_gain()
    best = mean_return(lambda obs: np.clip(-gain @ obs / MOST_FORCE, -1.0, 1.0))
    rng = np.random.default_rng(0)
    random = mean_return(lambda obs: rng.uniform(-1.0, 1.0, 1))
    yield reported("learn-g.lqr", best, "", f"return of the regulator; {random:.1f} at random")
    for name in ALGORITHMS:
        context.say(f"{name} …")
        yield from _learn(context, name, best, random)


def mean_return(act: Callable[[FloatArray], np.ndarray]) -> float:
    """Return a policy's mean return over the fixed episodes."""
    env = gym.make(ID)
    total = 0.0
    for episode in range(NUM_EPISODES):
        obs, _ = env.reset(seed=10_000 + episode)
        is_over = False
        while not is_over:
            obs, reward, terminated, truncated, _ = env.step(act(obs))
            total += float(reward)
            is_over = terminated or truncated
    return total / NUM_EPISODES


def _learn(context: Context, name: str, best: float, random: float) -> Iterator[Figure]:
    config = TrainConfig(
        env=f"bench.double_integrator:{ID}",
        algo=name,
        num_steps=NUM_STEPS,
        seed=context.seed,
        learning_starts=LEARNING_STARTS,
        agent=ALGORITHMS[name].config_class(**(SMALL | OWN.get(name, {})), compile="off"),
        evaluation=EvaluationConfig(every=NUM_STEPS, num_episodes=1, num_confirm=1),
    )
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        train(config, Path(folder) / "run")
        seconds = time.process_time() - started
        agent, twin = (_load(config, Path(folder) / "run", seed) for seed in (1, 2))
    found = mean_return(lambda obs: agent.act(obs, is_deterministic=True))
    share = (found - random) / (best - random)
    words = f"{NUM_STEPS} steps, return {found:.2f}; 1 is the regulator's"
    yield at_least(f"learn-g.{name}", share, LEAST_SHARE, "of LQR over chance", words)
    yield at_most(f"learn-g.{name}_time", seconds, MOST_S, "s of CPU time")
    yield equal(f"learn-g.{name}_same", _act_alike(agent, twin), True, "", "two that load it")
    parity, _ = policy_parity(agent.actor, 2)
    yield at_most(f"learn-g.{name}_parity", parity, PARITY, "", "ONNX Runtime against torch")


def _load(config: TrainConfig, run_dir: Path, seed: int) -> Agent:
    """Return a fresh agent that goes on from the run's checkpoint."""
    checkpoint = load_checkpoint(run_dir)
    agent = make_agent(config.algo, 2, 1, config.agent, seed)
    tensors = {name: torch.from_numpy(array) for name, array in checkpoint.tensors.items()}
    agent.set_state(AgentState(tensors, checkpoint.values["agent"]))
    return agent


def _act_alike(first: Agent, second: Agent) -> bool:
    rng = np.random.default_rng(0)
    observations = rng.standard_normal((100, 2), dtype=np.float32)
    return all(
        np.array_equal(
            first.act(obs, is_deterministic=is_deterministic),
            second.act(obs, is_deterministic=is_deterministic),
        )
        for obs in observations
        for is_deterministic in (True, False)
    )
