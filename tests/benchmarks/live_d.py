"""kill -9 of the learner, again and again: is the robot disturbed, anything lost, it soon back?

The learner is under full load, so that it is hit in the middle of an update. A missed period is
an interval of more than 1.5 periods between two messages of the gate (`applied_command`) or of the
policy (`command_raw/policy`), as an independent witness received them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most, equal, reported
from bench.live_rig import FULL_LOAD, LiveRig

from rl_agent.data.journal import JournalOffset, JournalReader
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.reporting.timing import LATE_FACTOR

COUNT = 20
SPACING_S = 15.0
"""The supervisor gives up a process that dies more often than five times a minute."""
NEAR_S = 2.0
MOST_BACK_S = 5.0
WAIT_S = 90.0


@dataclass(frozen=True)
class Kill:
    """One kill; times on CLOCK_MONOTONIC [s]."""

    killed_s: float
    born_s: float
    """Its successor's process was started."""
    learned_s: float
    """The successor's first word after a gradient step arrived."""
    step_lost: int
    """Gradient steps since the last checkpoint: they are taken again."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield missed periods near kills and elsewhere, what was lost, and how soon it learned."""
    count = context.repeats(COUNT, 3)
    with LiveRig(context, "live-d", *FULL_LOAD) as rig:
        rig.learn(10.0, versions=1)
        start_s, kills = time.monotonic(), []
        for index in range(count):
            context.say(f"kill {index + 1} of {count} …")
            kills.append(_kill(rig))
            end_s = kills[-1].killed_s + SPACING_S
            rig.until(lambda end_s=end_s: time.monotonic() >= end_s, WAIT_S, "time")
        end_s = time.monotonic()
        state, policy = _settled(rig)
        yield from _missed(context, rig, [kill.killed_s for kill in kills], (start_s, end_s))
    back = [kill.learned_s - kill.born_s for kill in kills]
    since = [kill.learned_s - kill.killed_s for kill in kills]
    detail = f"from the new process's start to its first gradient step, as told; {_words(back)};"
    detail += f" from the kill: {_words(since)}; {len(kills)} kills{context.quick_words()}"
    yield at_most("live-d.back", max(back), MOST_BACK_S, "s", detail)
    steps = [kill.step_lost for kill in kills]
    yield reported("live-d.retaken", float(np.median(steps)), "updates", "median, per kill")
    yield from _kept(rig.run, state, policy)


def _kill(rig: LiveRig) -> Kill:
    pid, before = rig.pid("learner_node"), rig.newest("learner_state")
    killed_s = rig.kill("learner_node")
    rig.until(lambda: rig.pids().get("learner_node", pid) != pid, WAIT_S, "a new learner")
    born_s = _born_s(rig.pid("learner_node"))
    restored = int(load_checkpoint(rig.run).values["agent"]["gradient_step"])

    def first_word() -> float | None:
        told = reversed(rig.told["learner_state"])
        fresh = [s for s, state in told if s > born_s and state["gradient_step"] > restored]
        return fresh[-1] if fresh else None

    rig.until(lambda: first_word() is not None, WAIT_S, "a gradient step")
    learned_s = first_word()
    assert learned_s is not None
    lost = int(before.get("gradient_step", restored)) - restored
    return Kill(killed_s, born_s, learned_s, max(lost, 0))


def _born_s(pid: int) -> float:
    """Return when a process was started, on CLOCK_MONOTONIC [s], to 10 ms."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    ticks = int(stat.rsplit(") ", 1)[1].split()[19])
    asleep_s = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return ticks / os.sysconf("SC_CLK_TCK") - asleep_s


def _settled(rig: LiveRig) -> tuple[dict[str, int], dict[str, int]]:
    """Disarm, wait until all that was kept is taken in, and return what both sides say."""
    rig.operator.estop()
    rig.operator.wait(2.5)

    def agrees() -> bool:
        learner, policy = rig.newest("learner_state"), rig.newest("policy_state")
        return learner["env_step"] == policy["num_records"] and not policy["num_waiting"]

    rig.until(agrees, WAIT_S, "the learner to take in all that the robot kept")
    return rig.newest("learner_state"), rig.newest("policy_state")


def _missed(
    context: Context, rig: LiveRig, kills: Sequence[float], span: tuple[float, float]
) -> Iterator[Figure]:
    for name, (times, period_s) in rig.arrivals.items():
        arrivals = times[(times >= span[0]) & (times <= span[1])]
        intervals, middles = np.diff(arrivals), arrivals[1:]
        is_late = intervals > LATE_FACTOR * period_s
        away_s = np.abs(middles[:, None] - np.array(kills)[None]).min(axis=1)
        is_near = away_s <= NEAR_S
        near = 1e3 * float(is_late[is_near].mean())
        other = 1e3 * float(is_late[~is_near].mean())
        detail = f"within {NEAR_S:g} s of a kill {int(is_late[is_near].sum())} of"
        detail += f" {int(is_near.sum())}, elsewhere {int(is_late[~is_near].sum())} of"
        detail += f" {int((~is_near).sum())}; longest {1e3 * intervals[is_near].max():.1f} and"
        detail += f" {1e3 * intervals[~is_near].max():.1f} ms{context.quick_words()}"
        yield at_most(f"live-d.{name}_missed", near, other, "of 1000 periods", detail)


def _kept(run: Path, state: dict[str, int], policy: dict[str, int]) -> Iterator[Figure]:
    """Compare the robot's journal with what the learner took in."""
    contents = JournalReader(run / "journal").read()
    rows = contents.rows
    lost = policy["num_records"] - len(rows) + policy["num_lost"] + contents.num_damaged
    detail = f"{policy['num_records']} acknowledged by the robot's process"
    yield equal("live-d.journal_lost", lost, 0, "transitions", detail)
    doubled = len(rows) - len({row.tobytes() for row in rows})
    yield equal("live-d.journal_doubled", doubled, 0, "transitions")
    held = state["num_rows"] + state["num_quarantined"]
    detail = f"the last learner's replay holds {state['num_rows']}, quarantine"
    detail += f" {state['num_quarantined']}; it counts {state['env_step']}"
    yield equal("live-d.taken", held - len(rows), 0, "transitions more than the journal", detail)
    offset = JournalOffset(**load_checkpoint(run).values["journal"])
    JournalReader(run / "journal").read(offset)  # compares the digest of all that was taken in
    left = len(rows) - offset.num_records
    detail = "the last checkpoint's digest is that of the whole journal"
    yield equal("live-d.digest", left, 0, "transitions behind it", detail)


def _words(seconds: Sequence[float]) -> str:
    return f"median {np.median(seconds):.2f} s, most {max(seconds):.2f} s"
