"""Does the robot's loop notice that somebody learns beside it?

One graph, whose learner is let go on and held (SIGSTOP) in turn. When it goes on it is under full
load: it owes more updates than it can take, publishes, saves, and the policy takes up its versions.
Periods are intervals between messages of the gate (`applied_command`) and of the policy
(`command_raw/policy`) as an independent witness process received them, on CLOCK_MONOTONIC.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, at_most
from bench.live_rig import FULL_LOAD, LiveRig

COUNT, QUICK_COUNT = 12, 2
"""Blocks of each kind."""
BLOCK_S = 15.0
SETTLE_S = 1.0
"""Of each block, before it counts."""
MOST_MS = 1.0
Blocks = dict[bool, list[tuple[float, float]]]
"""Whether the learner ran: from, to [s]."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield by how much the 99th percentiles of both periods grow."""
    count = context.repeats(COUNT, QUICK_COUNT)
    with LiveRig(context, "live-c", *FULL_LOAD) as rig:
        rig.learn(20.0, versions=2)
        blocks: Blocks = {True: [], False: []}
        num_updates = 0
        for index in range(2 * count):
            context.say(f"block {index + 1} of {2 * count} …")
            num_updates += _block(rig, is_running=index % 2 == 0, blocks=blocks)
        os.kill(rig.pid("learner_node"), signal.SIGCONT)
        series = {
            "gate": [a.received_s for a in rig.timeline.applied],
            "policy": [p.received_s for p in rig.timeline.proposals],
        }
        versions = len(rig.swaps("promoted"))
    for name, times in series.items():
        yield _figure(context, name, np.array(times), blocks)
    seconds = count * BLOCK_S
    detail = f"{num_updates} in {seconds:g} s of learning; {versions} versions were taken up"
    yield at_least("live-c.updates", num_updates, 1, "updates while the learner ran", detail)


def _block(rig: LiveRig, *, is_running: bool, blocks: Blocks) -> int:
    """Let the learner run, or hold it; return its gradient steps."""
    os.kill(rig.pid("learner_node"), signal.SIGCONT if is_running else signal.SIGSTOP)
    before = int(rig.newest("learner_state")["gradient_step"])
    start_s = time.monotonic() + SETTLE_S
    end_s = start_s + BLOCK_S
    rig.until(lambda: time.monotonic() >= end_s, 2.0 * BLOCK_S, "time")
    blocks[is_running].append((start_s, end_s))
    return int(rig.newest("learner_state")["gradient_step"]) - before


def _figure(context: Context, name: str, times: np.ndarray, blocks: Blocks) -> Figure:
    periods = {kind: 1e3 * _periods(times, spans) for kind, spans in blocks.items()}
    p99 = {kind: float(np.percentile(found, 99)) for kind, found in periods.items()}
    detail = f"p99 {p99[True]:.2f} ms learning, {p99[False]:.2f} ms not; medians"
    detail += f" {np.median(periods[True]):.2f} and {np.median(periods[False]):.2f}; longest"
    detail += f" {periods[True].max():.1f} and {periods[False].max():.1f}; {len(periods[True])} and"
    detail += f" {len(periods[False])} periods in {len(blocks[True])} blocks each"
    difference = p99[True] - p99[False]
    return at_most(f"live-c.{name}", difference, MOST_MS, "ms", detail + context.quick_words())


def _periods(times: np.ndarray, spans: list[tuple[float, float]]) -> np.ndarray:
    return np.concatenate([np.diff(times[(times >= a) & (times <= b)]) for a, b in spans])
