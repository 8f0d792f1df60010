"""The disk is full for half a minute while the robot learns: does the robot notice, is all counted?

The run's folder lies on a small file system of its own, which is filled to the last byte, kept
full, and freed again. What was handed over is noted beside it, by the policy's own process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, at_most, equal, reported
from bench.live_rig import LiveRig, read_stamps, stamped_command
from bench.small_disk import NotPermittedError, SmallDisk

from rl_agent.data.journal import JournalReader
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.exceptions import SurefootError
from rl_agent.learning.checkpoint import read_checkpoint, step_checkpoints
from rl_agent.reporting.timing import LATE_FACTOR

MEGABYTES = 96
FULL_S, BEFORE_S = 30.0, 15.0
ALARM_S = 5.0
STILL_S = 3.0
"""After the last transition, until both sides have said how they stand."""
RESUME_S = 60.0
REFILL_S = 0.3
MOST_MISSED = 5.0
"""Of 1000 periods."""
RAISED = "DISK FULL"
COUNTED = ("promoted", "refused", "rolled_back")


def measure(context: Context) -> Iterator[Figure]:
    """Yield what the robot, the files and the counters say; one figure where mounting is denied."""
    folder = context.folder / "live-h-disk"
    stamps = context.folder / "live-h-stamps"
    try:
        with (
            SmallDisk(folder, MEGABYTES) as disk,
            LiveRig(context, "live-h", run=folder / "run", command=stamped_command(stamps)) as rig,
        ):
            rig.learn(BEFORE_S, versions=2)
            yield from _fill_and_free(context, rig, disk)
            rig.operator.estop()
            rig.operator.wait(STILL_S)
            rig.stop()
            yield from _files(context, rig.run, rig.newest("policy_state"), stamps)
    except NotPermittedError as error:
        detail = f"not measured: a file system of its own cannot be mounted here: {error}"
        yield Figure("live-h", None, "", None, None, detail)


def _fill_and_free(context: Context, rig: LiveRig, disk: SmallDisk) -> Iterator[Figure]:
    start_s = time.monotonic()
    disk.fill()
    records = int(rig.newest("policy_state")["num_records"])
    alarm_s = None
    while (now_s := time.monotonic()) < start_s + FULL_S:
        disk.fill()  # what somebody prunes is room again
        if alarm_s is None and RAISED in rig.output():
            alarm_s = now_s - start_s
        rig.operator.wait(REFILL_S)
    waiting = int(rig.newest("policy_state")["num_waiting"])
    learned = int(rig.newest("learner_state")["gradient_step"])
    end_s = time.monotonic()
    disk.free()
    context.say("freed again …")
    yield from _rates(rig, start_s, end_s)
    detail = f"'{RAISED}' in the user's terminal, {rig.output().count(RAISED)} times in all"
    yield at_most("live-h.alarm", alarm_s if alarm_s is not None else np.inf, ALARM_S, "s", detail)
    yield reported("live-h.waiting", waiting, "transitions", "waited in memory at the end of it")
    rig.until(lambda: _goes_on(rig, records + waiting, learned), RESUME_S, "all to go on")
    resumed_s = time.monotonic() - end_s
    detail = "journal caught up, updates go on, versions can be published"
    yield at_most("live-h.resumed", resumed_s, RESUME_S, "s after there was room", detail)


def _goes_on(rig: LiveRig, records: int, learned: int) -> bool:
    policy, learner = rig.newest("policy_state"), rig.newest("learner_state")
    has_caught_up = policy["num_records"] > records and policy["num_waiting"] <= 1
    is_learning = learner["gradient_step"] > learned and not learner["trouble"]
    return has_caught_up and is_learning


def _rates(rig: LiveRig, start_s: float, end_s: float) -> Iterator[Figure]:
    for name, (arrivals, period_s) in rig.arrivals.items():
        full = np.diff(arrivals[(arrivals >= start_s) & (arrivals <= end_s)])
        before = np.diff(arrivals[(arrivals >= start_s - BEFORE_S) & (arrivals < start_s)])
        missed = [1e3 * float(np.mean(each > LATE_FACTOR * period_s)) for each in (full, before)]
        detail = f"of {len(full)}; before {missed[1]:.2f}; longest {1e3 * full.max():.1f} ms,"
        detail += f" before {1e3 * before.max():.1f}; {1.0 / full.mean():.2f} Hz"
        yield at_most(f"live-h.{name}_missed", missed[0], MOST_MISSED, "of 1000 periods", detail)


def _files(context: Context, run: Path, policy: dict[str, int], stamps: Path) -> Iterator[Figure]:
    handed, taken_s = read_stamps(stamps)
    contents = JournalReader(run / "journal").read()
    rows = contents.rows
    missing = len(handed) - len(rows)
    detail = f"{len(handed)} handed over, {len(rows)} in the journal;"
    detail += f" the node counts {policy['num_lost']} as lost"
    yield equal("live-h.uncounted", missing - policy["num_lost"], 0, "transitions", detail)
    yield equal("live-h.not_taken", len(rows) - len(taken_s), 0, "rows that were never learned")
    doubled = len(rows) - len({row.tobytes() for row in rows})
    yield equal("live-h.corrupt", _num_corrupt(context, run), 0, "files", "checkpoints, versions")
    yield equal("live-h.damaged", contents.num_damaged + doubled, 0, "rows")
    lines = (run / "swaps.jsonl").read_text(encoding="utf-8").splitlines()
    told = [kind for kind in map(_kind, lines) if kind in COUNTED]
    counted = sum(policy[f"num_{kind}"] for kind in COUNTED)
    uncounted = counted - len(told) - policy["num_events_lost"]
    detail = f"{counted} decisions about versions, {len(told)} in swaps.jsonl"
    yield equal("live-h.uncounted_events", uncounted, 0, "events", detail)
    yield at_least("live-h.versions", policy["policy_version"], 1, "the version that acts")


def _num_corrupt(context: Context, run: Path) -> int:
    num_corrupt = 0
    for path in step_checkpoints(run):
        try:
            read_checkpoint(path)
        except SurefootError as error:
            context.say(str(error))
            num_corrupt += 1
    folders = [p for p in (run / "policies" / "versions").iterdir() if p.name.isdecimal()]
    for folder in folders:
        try:
            OnnxPolicy(folder, context.spec)
        except SurefootError as error:
            context.say(str(error))
            num_corrupt += 1
    for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        json.loads(line)
    return num_corrupt


def _kind(line: str) -> str:
    try:
        return str(json.loads(line)["kind"])
    except ValueError:
        return ""  # cut off by the full disk; the next line is whole
