"""A quadruped learns to walk, live over ROS in real time and from nothing.

Disclosed: rewards are those of `rl_agent/tasks/walk.py`; the body's velocity, which the observation
and the reward need, is the twin's own. No gait is given. After a fall the robot lies; somebody sets
it on its feet 5 s later, which counts as the robot's time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, at_most, equal, reported
from bench.live_runs import LiveRun, live_run

from rl_agent.data.journal import JournalReader
from rl_agent.reporting.recording import read_topics
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.walk import forward_speed
from rl_agent.types import Array
from surefoot_nodes.graph_process import GraphOptions, GraphProcess

ENV, ROBOT = "sim:Go1Walk-v0", "go1"
SLOWEST, FASTEST = 0.3, 0.6
"""[m/s] asked for are 0.5."""
WALK_S, BEGIN_S = 10.0, 3.0
MOST_MINUTES = 15.0
MINUTES = 10.0
"""Of learning: less than may be."""
UPRIGHT = 0.866
"""Cosine of 30 degrees."""


@dataclass(frozen=True)
class Walk:
    """What the policy did when it was tried out."""

    speed: float
    """Mean forward speed over `WALK_S` [m/s]."""
    lean: float
    """Least cosine of the lean over the same time."""

    @property
    def holds(self) -> bool:
        """Whether it walked as fast as asked, and did not fall."""
        return SLOWEST <= self.speed <= FASTEST and self.lean >= UPRIGHT


def measure(context: Context) -> Iterator[Figure]:
    """Yield each seed's speed without exploration, and when it had first walked so."""
    minutes = context.repeats(int(MINUTES), 4)
    for seed in context.live_seeds:
        run = live_run(context, ENV, seed, minutes, load_robot(ROBOT).policy_hz)
        walk = _try_out(context, run, seed)
        detail = (
            f"seed {seed}: {walk.speed:.2f} m/s over {WALK_S:g} s, leaning by at most"
            f" {np.degrees(np.arccos(min(walk.lean, 1.0))):.0f} degrees, without exploration;"
            f" {run.seconds / 60.0:.1f} min in all{context.quick_words('4 min')}"
        )
        yield equal(f"live-b.seed_{seed}", walk.holds, True, "", detail)
        yield _when(run, seed)
        falls = int(np.sum(_rows(run)["terminated"]))
        yield reported(f"live-b.seed_{seed}_falls", falls, "", "leans of 30 degrees, all the run")


def _when(run: LiveRun, seed: int) -> Figure:
    """Return when, exploration included, it first walked for 10 s as asked."""
    rows = _rows(run)
    count = round(WALK_S * run.policy_hz)
    speed = forward_speed(rows["next_context"].astype(float))
    is_cut = rows["terminated"].astype(int)
    for end in range(count, len(rows) + 1):
        part = slice(end - count, end)
        if SLOWEST <= speed[part].mean() <= FASTEST and not is_cut[part].any():
            # What is no step, falls and help, is the robot's time as well.
            minutes = end / len(rows) * run.seconds / 60.0
            detail = f"{end} steps, exploration included, and what falls took"
            return at_most(f"live-b.seed_{seed}_first", minutes, MOST_MINUTES, "min", detail)
    return at_least(f"live-b.seed_{seed}_first", float("nan"), 0.0, "min", "it never walked")


def _rows(run: LiveRun) -> np.ndarray:
    return JournalReader(run.folder / "journal").read().rows


def _try_out(context: Context, run: LiveRun, seed: int) -> Walk:
    recording = context.folder / f"walk-{seed}"
    options = GraphOptions(
        robot=ROBOT,
        domain=context.domain,
        bundle=run.bundle,
        seed=seed,
        recording=recording,
        log=context.folder / f"walk-{seed}.log",
    )
    with GraphProcess(options) as graph:
        graph.wait_until_running()
        time.sleep(BEGIN_S + WALK_S + 2.0)
    found = read_topics(recording, ("odom",))["odom"]
    stamps = np.array([message.received_s for message in found])
    is_late = stamps >= stamps[-1] - WALK_S
    twists = [message.content.twist.twist.linear.x for message in found]
    quats = [_cos_lean(message.content.pose.pose.orientation) for message in found]
    return Walk(float(np.mean(_kept(twists, is_late))), float(np.min(_kept(quats, is_late))))


def _kept(values: list[float], is_kept: Array) -> Array:
    return np.array(values)[is_kept]


def _cos_lean(orientation: object) -> float:
    """Return the cosine of the angle between the body's and the world's vertical."""
    x, y = orientation.x, orientation.y  # type: ignore[attr-defined]
    return float(1.0 - 2.0 * (x * x + y * y))
