"""A broken learner publishes: NaN weights, last layer times ten, an output that stands still.

A policy that has learned for some minutes acts, and its learner is held while a bad version is
examined, so that no good one takes its place; then it goes on, and a good version comes between
two bad ones. What became of a bad version stands in swaps.jsonl, counted in policy ticks, or, where
it was not even loaded, in the policy node's log. `--from` goes on with a copy of a live run.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from bench.bad_versions import KINDS, BadKind, publish_bad
from bench.context import Context
from bench.figure import Figure, at_least, at_most, equal, reported
from bench.live_rig import LiveRig
from bench.wire_audit import audit_wire

from rl_agent.exceptions import GraphError

COUNT = 5
LEARN_S, QUICK_LEARN_S = 300.0, 60.0
MOST_ACTING_S = 1.0
VERDICT_S = 20.0
WATCH_S = 3.0
"""After the verdict the robot is watched for this long before the learner goes on."""
NEXT_S = 120.0
SPACING_S = 1.3
"""No two trials shall begin at the same phase of a goal."""


@dataclass(frozen=True)
class Fate:
    """What became of one bad version."""

    acting_s: float
    """From the beginning of its blend to its roll back; 0 if it never acted, infinite if it stays
    for longer than it was watched."""
    sentence: str


def measure(context: Context) -> Iterator[Figure]:
    """Yield how long bad versions acted, per kind, and whether the robot stayed within limits."""
    count = context.repeats(COUNT, 1)
    words: tuple[str, ...] = ()
    run = context.folder / "live-g" / "run"
    if context.source is not None:
        shutil.copytree(context.source, run)
        words = ("--resume",)
    with LiveRig(context, "live-g", *words, run=run) as rig:
        context.say("learning, so that there is something to spoil …")
        rig.learn(QUICK_LEARN_S if context.quick or words else LEARN_S)
        rate = rig.newest("learner_state").get("success_rate") or 0.0
        yield reported("live-g.policy", 100.0 * rate, "% success of the last training episodes")
        start_s = time.monotonic()
        fates: dict[str, list[Fate]] = {kind.name: [] for kind in KINDS}
        for _ in range(count):
            for kind in KINDS:
                fates[kind.name].append(_trial(rig, kind))
                context.say(f"{kind.name}: {fates[kind.name][-1]}")
        end_s = time.monotonic()
        for name, found in fates.items():
            yield from _figures(context, name, found)
        yield from _limits(context, rig, start_s, end_s)


def _trial(rig: LiveRig, kind: BadKind) -> Fate:
    learner = rig.pid("learner_node")
    os.kill(learner, signal.SIGSTOP)
    try:
        # Whatever is on its way is dealt with first.
        rig.until(lambda: not rig.newest("policy_state")["candidate_version"], NEXT_S, "quiet")
        rig.operator.wait(1.5)
        version = publish_bad(rig.run / "policies", rig.context.spec, kind)
        with suppress(GraphError):  # none: it acts
            rig.until(lambda: _is_judged(rig, version), VERDICT_S, "a verdict")
        rig.operator.wait(WATCH_S)
        fate = _fate(rig, version)
    finally:
        os.kill(learner, signal.SIGCONT)
    rig.until(lambda: rig.newest("policy_state")["policy_version"] > version, NEXT_S, "good news")
    rig.operator.wait(SPACING_S)
    return fate


def _events(rig: LiveRig, version: int) -> dict[str, dict[str, object]]:
    lines = rig.swaps("refused", "blending", "promoted", "rolled_back")
    return {line["kind"]: line for line in lines if line["policy_version"] == version}


def _is_judged(rig: LiveRig, version: int) -> bool:
    events = _events(rig, version)
    return bool({"refused", "rolled_back"} & events.keys()) or _was_not_loaded(rig, version)


def _was_not_loaded(rig: LiveRig, version: int) -> bool:
    return f"versions/{version:06d}" in rig.output()


def _fate(rig: LiveRig, version: int) -> Fate:
    events = _events(rig, version)
    began = events.get("blending") or events.get("promoted")
    if began is None:
        refused = events.get("refused")
        return Fate(0.0, str(refused["sentence"]) if refused else "was not loaded")
    ended = events.get("rolled_back")
    if ended is None:
        return Fate(float("inf"), f"acts: {began['sentence']}")
    ticks = int(str(ended["tick"])) - int(str(began["tick"]))
    return Fate(ticks / rig.context.spec.policy_hz, str(ended["sentence"]))


def _figures(context: Context, name: str, found: list[Fate]) -> Iterator[Figure]:
    acted = [fate for fate in found if fate.acting_s > 0.0]
    words = sorted({fate.sentence for fate in found})
    detail = f"{len(found)} versions, {len(acted)} acted; {'; '.join(words)}{context.quick_words()}"
    longest = max(fate.acting_s for fate in found)
    yield at_most(f"live-g.{name}", longest, MOST_ACTING_S, "s of acting", detail)


def _limits(context: Context, rig: LiveRig, start_s: float, end_s: float) -> Iterator[Figure]:
    audit = audit_wire(context.spec, rig.timeline, start_s, end_s)
    yield at_least("live-g.ticks", audit.num_ticks, 1000, "ticks seen by the witness")
    yield equal("live-g.violations", audit.num_violations, 0, "ticks outside", audit.words)
    bad = rig.timeline.num_bad_on_wire
    yield equal("live-g.not_finite", bad, 0, "messages to the controller")
    yield at_most("live-g.beyond", audit.beyond, 0.0, "rad of the robot beyond a hard limit")
