"""What a journal costs: records per second, and what handing one over takes of a control period."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, at_most, equal

from rl_agent.data.journal import JournalConfig, JournalReader, JournalWriter
from rl_agent.data.journal_thread import JournalThread
from rl_agent.data.layout import TransitionLayout
from rl_agent.types import Transition
from surefoot_nodes import realtime

LAYOUT = TransitionLayout(obs_dim=48, act_dim=12, context_dim=8, goal_dim=3)
"""About a quadruped's."""
LEAST_PER_S = 20_000.0
CONTROL_HZ = 100.0
MOST_SHARE = 0.01
NUM_RECORDS, NUM_ROUNDS = 100_000, 5
NUM_TICKS = 1000


def measure(context: Context) -> Iterator[Figure]:
    """Yield the writer's rate, and the handing over's share of a period."""
    transition = _transition(context.seed)
    count = context.repeats(NUM_RECORDS, 10_000)
    rates, num_found = [], 0
    for index in range(NUM_ROUNDS):
        directory = context.folder / f"journal-{index}"
        rates.append(_write(directory, transition, count))
        num_found += len(JournalReader(directory).read().rows)
    record = f"{LAYOUT.row_dtype.itemsize + 8} bytes each, fsync every second"
    told = ", ".join(f"{rate:.0f}" for rate in rates)
    detail = f"{count} records, {record}; rounds: {told}{context.quick_words()}"
    yield at_least("live-j.rate", float(np.median(rates)), LEAST_PER_S, "1/s", detail)
    yield equal("live-j.read_back", num_found, NUM_ROUNDS * count, "records")
    ticks = context.repeats(NUM_TICKS, 200)
    spent, num_lost = _hand_over(context, transition, ticks)
    share = float(np.percentile(spent, 99)) * CONTROL_HZ
    detail = f"p99 {1e6 * np.percentile(spent, 99):.1f} us, median {1e6 * np.median(spent):.1f} us,"
    detail += f" {ticks} ticks at {CONTROL_HZ:g} Hz{context.quick_words()}"
    yield at_most("live-j.share", share, MOST_SHARE, "of a control period", detail)
    yield equal("live-j.lost", num_lost, 0, "transitions")


def _write(directory: Path, transition: Transition, count: int) -> float:
    writer = JournalWriter(directory, LAYOUT, JournalConfig())
    start_s = time.perf_counter()
    for _ in range(count):
        writer.append(transition)
    seconds = time.perf_counter() - start_s
    writer.close()
    return count / seconds


def _hand_over(context: Context, transition: Transition, ticks: int) -> tuple[np.ndarray, int]:
    """Return how long each handing over took [s], in a loop with a control node's priorities."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(realtime.SWITCH_INTERVAL_S)
    with realtime.background_for_new_threads():
        journal = JournalThread(context.folder / "thread", LAYOUT)
    obstacle = realtime.use_fifo()
    if obstacle:
        context.say(obstacle)
    try:
        spent = _tick(journal, transition, ticks)
    finally:
        realtime.use_ordinary()
        sys.setswitchinterval(interval_s)
    journal.close()
    return np.array(spent), journal.num_lost


def _tick(journal: JournalThread, transition: Transition, ticks: int) -> list[float]:
    spent = []
    deadline_s = time.monotonic()
    for _ in range(ticks):
        deadline_s += 1.0 / CONTROL_HZ
        time.sleep(max(0.0, deadline_s - time.monotonic()))
        start_s = time.perf_counter()
        journal.put(transition)
        spent.append(time.perf_counter() - start_s)
    return spent


def _transition(seed: int) -> Transition:
    rng = np.random.default_rng(seed)

    def array(size: int) -> np.ndarray:
        return rng.standard_normal(size, dtype=np.float32)

    return Transition(
        obs=array(LAYOUT.obs_dim),
        action=array(LAYOUT.act_dim),
        applied_action=array(LAYOUT.act_dim),
        previous_action=array(LAYOUT.act_dim),
        reward=1.0,
        terminated=False,
        truncated=False,
        next_obs=array(LAYOUT.obs_dim),
        context=array(LAYOUT.context_dim),
        next_context=array(LAYOUT.context_dim),
        goal=array(LAYOUT.goal_dim),
        shares=array(3),
    )
