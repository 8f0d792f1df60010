"""Does a busy neighbour slow learning down? Updates per CPU-second, beside a spinning process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least
from bench.update_rates import experience, ours

from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.learning.training import prepare_torch

LEAST_SHARE = 0.9
ROUNDS, EACH = 8, 150
SETTLE_S = 0.5


def measure(context: Context) -> Iterator[Figure]:
    """Yield the rate beside a neighbour over the rate alone."""
    config = SacConfig()
    prepare_torch(config.num_threads)
    take = ours("sac", config, experience(context.seed), context.seed)
    rounds, each = context.repeats(ROUNDS, 2), context.repeats(EACH, 50)
    take(each)
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(_cpu_seconds(take, each))
        with _spinning():
            beside.append(_cpu_seconds(take, each))
    rates = [each / float(np.median(seconds)) for seconds in (alone, beside)]
    detail = (
        f"SAC at its default settings: {rates[0]:.0f} updates per CPU-second alone, {rates[1]:.0f}"
        f" beside one spinning process{context.quick_words()}"
    )
    yield at_least("learn-i", rates[1] / rates[0], LEAST_SHARE, "of the rate alone", detail)


def _cpu_seconds(take: Callable[[int], None], count: int) -> float:
    start = time.process_time()
    take(count)
    return time.process_time() - start


@contextmanager
def _spinning() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(SETTLE_S)
        yield
    finally:
        process.kill()
        process.wait()
