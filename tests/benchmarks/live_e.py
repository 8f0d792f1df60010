"""kill -9 of everything, again and again: each restart goes on, and nothing moves until armed.

The supervisor and all nodes are killed at the same time. `--resume --no-arm` starts them again, the
gate must be UNARMED and the robot must stand for some seconds, then the operator arms.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bench.context import Context
from bench.figure import Figure, equal, reported
from bench.live_rig import LiveRig

from rl_agent.data.journal import JournalReader
from rl_agent.exceptions import JournalError
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.types import SafetyState
from surefoot_nodes.faults.timeline import since

COUNT = 10
RUN_S = 8.0
"""Armed, between two kills."""
LOOK_S = 3.0
"""Unarmed: for so long nothing may move."""
MOVES = 1e-3
"""A twin that stands does not creep further than this [rad] while it is looked at."""
WAIT_S = 90.0


@dataclass(frozen=True)
class Counters:
    """What must only grow."""

    env_step: int
    gradient_step: int
    policy_version: int
    num_rows: int

    def fell(self, before: Counters) -> bool:
        """Tell whether one is lower than before."""
        return any(getattr(self, name) < value for name, value in vars(before).items())


@dataclass(frozen=True)
class Restart:
    """One death of all, and the life after it."""

    down: Counters
    """On the disk, when all were dead."""
    up: Counters
    """As the new processes say, once they are up."""
    is_unarmed: bool
    moved: float
    """Farthest that a joint went while nobody had armed [rad]."""
    num_commands: int
    """Commands that left the gate before anybody armed it."""
    is_whole: bool
    """The journal still holds every row that it held before, and no damaged one."""
    resume_s: float
    """From the kill to active nodes."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield what went backwards, what moved by itself, and what the journal lost."""
    count, found = context.repeats(COUNT, 2), []
    with LiveRig(context, "live-e") as rig:
        rig.learn(5.0, versions=2)
        for index in range(count):
            context.say(f"all die, {index + 1} of {count} …")
            found.append(_restart(rig))
            context.say(f"{found[-1]}")
            rig.operator.arm_again(WAIT_S)
            _go_on(rig, found[-1])
        rig.stop()
        last = _on_disk(rig)
    yield from _figures(context, found, last)


def _restart(rig: LiveRig) -> Restart:
    killed_s = rig.kill_all()
    down = _on_disk(rig)
    before = JournalReader(rig.run / "journal").read().rows
    for told in rig.told.values():
        told.clear()
    rig.start("--resume", "--no-arm")
    up_s = time.monotonic()
    rig.operator.wait(LOOK_S)
    is_unarmed = rig.operator.state is SafetyState.UNARMED
    readings = np.array([j.position for j in since(rig.timeline.robot, up_s)])
    # A gate that was killed may have messages on their way still.
    commands = since(rig.timeline.wire, killed_s + 1.0)
    _until_resumed(rig, down)
    learner, policy = rig.newest("learner_state"), rig.newest("policy_state")
    up = Counters(
        int(learner["env_step"]),
        int(learner["gradient_step"]),
        max(_versions(rig)),
        int(policy["num_records"]),
    )
    return Restart(
        down=down,
        up=up,
        is_unarmed=is_unarmed and rig.operator.state is SafetyState.UNARMED,
        moved=float(np.ptp(readings, axis=0).max()),
        num_commands=len(commands),
        is_whole=_is_whole(rig, before),
        resume_s=up_s - killed_s,
    )


def _until_resumed(rig: LiveRig, down: Counters) -> None:
    def is_there() -> bool:
        learner, policy = rig.newest("learner_state"), rig.newest("policy_state")
        return bool(learner and policy) and learner["env_step"] >= down.num_rows

    rig.until(is_there, WAIT_S, f"the learner to take in {down.num_rows} rows again")


def _go_on(rig: LiveRig, restart: Restart) -> None:
    """Let it live until there is more of everything, and no kill always comes at the same point."""
    end_s = time.monotonic() + RUN_S
    rig.until(lambda: time.monotonic() >= end_s, WAIT_S, "time")
    rig.until(
        lambda: rig.newest("policy_state")["num_records"] > restart.up.num_rows,
        WAIT_S,
        "experience to be kept again",
    )


def _on_disk(rig: LiveRig) -> Counters:
    checkpoint = load_checkpoint(rig.run)
    contents = JournalReader(rig.run / "journal").read()
    return Counters(
        checkpoint.env_step,
        int(checkpoint.values["agent"]["gradient_step"]),
        max(_versions(rig)),
        len(contents.rows),
    )


def _versions(rig: LiveRig) -> list[int]:
    folder = rig.run / "policies" / "versions"
    return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]


def _is_whole(rig: LiveRig, before: np.ndarray) -> bool:
    try:
        contents = JournalReader(rig.run / "journal").read()
    except JournalError:
        return False
    rows = contents.rows
    is_unique = len({row.tobytes() for row in rows}) == len(rows)
    is_kept = rows[: len(before)].tobytes() == before.tobytes()
    return contents.num_damaged == 0 and is_unique and is_kept


def _figures(context: Context, found: list[Restart], last: Counters) -> Iterator[Figure]:
    told = f"{len(found)} deaths of all{context.quick_words()}"
    lives = [counters for each in found for counters in (each.down, each.up)] + [last]
    # What a checkpoint holds may lie behind what was told, never behind an older checkpoint.
    downs = [each.down for each in found] + [last]
    fell = sum(after.fell(before) for before, after in pairwise(downs))
    fell += sum(each.up.fell(each.down) for each in found)
    steps = f"rows {lives[0].num_rows} to {last.num_rows}, env_step {lives[0].env_step} to"
    steps += f" {last.env_step}, gradient_step {lives[0].gradient_step} to {last.gradient_step},"
    steps += f" policy_version {lives[0].policy_version} to {last.policy_version}; {told}"
    yield equal("live-e.fell", fell, 0, "counters that fell", steps)
    stood = sum(before == after for before, after in pairwise(downs))
    yield equal("live-e.stood", stood, 0, "lives without progress on the disk", told)
    armed = sum(not each.is_unarmed for each in found)
    yield equal("live-e.armed", armed, 0, "restarts that were not UNARMED", told)
    moved = sum(each.moved > MOVES for each in found)
    detail = f"in {LOOK_S:g} s unarmed; farthest {max(each.moved for each in found):.2g} rad"
    yield equal("live-e.moved", moved, 0, "restarts in which the robot moved", detail)
    commands = sum(each.num_commands for each in found)
    yield equal("live-e.commands", commands, 0, "commands to the controller before arming", told)
    torn = sum(not each.is_whole for each in found)
    yield equal("live-e.journal", torn, 0, "journals with a lost, damaged or doubled row", told)
    seconds = [each.resume_s for each in found]
    detail = f"from the kill to active nodes, most {max(seconds):.1f} s"
    yield reported("live-e.restart", float(np.median(seconds)), "s", detail)
