"""How many updates a CPU-second holds: ours and a peer's on the same experience, taken in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rl_agent.algorithms.agent_config import AgentConfig
from rl_agent.algorithms.registry import make_agent
from rl_agent.data.batch import Batch

OBS_DIM, ACT_DIM, BATCH_SIZE = 17, 6, 256
NUM_ROWS = 20_000


@dataclass(frozen=True)
class Rates:
    """Updates per CPU-second by name, the median of the rounds."""

    per_s: Mapping[str, float]

    def ratio(self, ours: str, peer: str) -> float:
        """Return how many times as fast the first is."""
        return self.per_s[ours] / self.per_s[peer]


def in_turns(updates: Mapping[str, Callable[[int], None]], rounds: int, each: int) -> Rates:
    """Let everyone take `each` updates, and again, and measure the CPU time of each turn."""
    for take in updates.values():
        take(each)
    seconds: dict[str, list[float]] = {name: [] for name in updates}
    for _ in range(rounds):
        for name, take in updates.items():
            start = time.process_time()
            take(each)
            seconds[name].append(time.process_time() - start)
    return Rates({name: each / float(np.median(spent)) for name, spent in seconds.items()})


def experience(seed: int) -> Batch:
    """Return rows to learn from; what they say does not matter here."""
    rng = np.random.default_rng(seed)
    return Batch(
        obs=rng.standard_normal((NUM_ROWS, OBS_DIM), dtype=np.float32),
        action=rng.uniform(-1.0, 1.0, (NUM_ROWS, ACT_DIM)).astype(np.float32),
        reward=rng.standard_normal(NUM_ROWS, dtype=np.float32),
        discount=np.full(NUM_ROWS, 0.99, np.float32),
        next_obs=rng.standard_normal((NUM_ROWS, OBS_DIM), dtype=np.float32),
    )


def ours(name: str, config: AgentConfig, rows: Batch, seed: int) -> Callable[[int], None]:
    """Return what takes updates of one of our agents, batches drawn at random."""
    agent = make_agent(name, OBS_DIM, ACT_DIM, config, seed)
    if config.compile == "on":
        agent.compile()
    rng = np.random.default_rng(seed)

    def take(count: int) -> None:
        for _ in range(count):
            chosen = rng.integers(0, NUM_ROWS, config.batch_size)
            batch = Batch(
                rows.obs[chosen],
                rows.action[chosen],
                rows.reward[chosen],
                rows.discount[chosen],
                rows.next_obs[chosen],
            )
            agent.update(batch)

    return take


def stable_baselines3(rows: Batch, seed: int) -> Callable[[int], None]:
    """Return the same of Stable-Baselines3's SAC, two hidden layers of 256.

    Raises:
        ImportError: It is not installed.
    """
    import gymnasium as gym
    from stable_baselines3 import SAC
    from stable_baselines3.common.logger import Logger

    class NeverStepped(gym.Env):
        """Only its spaces are looked at."""

        observation_space = gym.spaces.Box(-np.inf, np.inf, (OBS_DIM,), np.float32)
        action_space = gym.spaces.Box(-1.0, 1.0, (ACT_DIM,), np.float32)

    model = SAC(
        "MlpPolicy",
        NeverStepped(),
        batch_size=BATCH_SIZE,
        buffer_size=NUM_ROWS,
        policy_kwargs={"net_arch": [256, 256]},
        seed=seed,
        device="cpu",
    )
    model.set_logger(Logger(None, []))
    for i in range(NUM_ROWS):
        model.replay_buffer.add(
            rows.obs[i][None],
            rows.next_obs[i][None],
            rows.action[i][None],
            rows.reward[i][None],
            np.zeros(1),
            [{}],
        )

    def take(count: int) -> None:
        model.train(gradient_steps=count, batch_size=BATCH_SIZE)

    return take
