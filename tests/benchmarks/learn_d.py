"""CPU time until the named algorithm is as good as Stable-Baselines3's SAC after 50 000 steps.

Pairs of runs, side by side. Ours pays for building its compiled update, which is measured apart, in
a process that finds nothing in the compiler's cache.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most, reported
from bench.long_runs import Curve, LongRuns
from bench.named import MUJOCO_EPISODES, NAMED, NUM_STEPS, SEEDS, TASKS, run_config

BAR = 0.4
_BUILD = """
import resource, sys
from rl_agent.algorithms.registry import config_class, make_agent
from rl_agent.learning.training import prepare_torch
prepare_torch(1)
def spent():
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in each)
start = spent()
make_agent(sys.argv[1], 17, 6, config_class(sys.argv[1])(), 0).compile()
print(spent() - start)
"""


def measure(context: Context) -> Iterator[Figure]:
    """Yield the median ratio of CPU times per task."""
    runs = LongRuns(context)
    building_s = build_seconds(NAMED)
    yield reported(
        "learn-d.building", building_s, "s", "CPU time of compiling, cold; in the ratios"
    )
    steps = context.repeats(NUM_STEPS, 3000)
    for env in TASKS:
        pairs = [
            runs.pair(NAMED, run_config(env, seed, num_steps=steps), MUJOCO_EPISODES)
            for seed in range(context.repeats(SEEDS, 1))
        ]
        ratios = [ratio(ours, peer, building_s) for ours, peer in pairs]
        told = "; ".join(_tell(*pair, building_s) for pair in pairs)
        detail = f"{NAMED}, {len(pairs)} pairs: {told}{context.quick_words('one short pair')}"
        yield at_most(f"learn-d.{env}", float(np.median(ratios)), BAR, "", detail)


def ratio(ours: Curve, peer: Curve, building_s: float) -> float:
    """Return our CPU time to the peer's last return over the peer's; infinite if never."""
    reached = ours.first_above(peer.last.mean_return)
    return math.inf if reached is None else (reached.cpu_s + building_s) / peer.last.cpu_s


def build_seconds(algo: str) -> float:
    """Return the CPU time of compiling an update where no cache helps [s]."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": folder}
        command = [sys.executable, "-c", _BUILD, algo]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return float(done.stdout.split()[-1])


def _tell(ours: Curve, peer: Curve, building_s: float) -> str:
    reached = ours.first_above(peer.last.mean_return)
    goal = f"SB3 {peer.last.mean_return:.0f} in {peer.last.cpu_s:.0f} s"
    if reached is None:
        return f"{goal}, ours never ({ours.last.mean_return:.0f} at the end, {ours.commit[:7]})"
    spent_s = reached.cpu_s + building_s
    return (
        f"{goal}, ours {reached.mean_return:.0f} at step {reached.env_step} in {spent_s:.0f} s"
        f" ({ours.commit[:7]})"
    )
