"""How many updates a CPU-second holds: several learners on the same experience, taken in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def __str__(self) -> str:
        return ", ".join(f"{name} {rate:.0f}" for name, rate in self.per_s.items())


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


def has_bf16() -> bool:
    """Tell whether the processor multiplies bfloat16 by itself."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return "avx512_bf16" in flags or "amx_bf16" in flags
