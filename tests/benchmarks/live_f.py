"""The network to a remote learner is cut: does the robot keep its rate, does every step arrive?

Robot and learner live in two network namespaces, joined by a cable that is pulled for 30 s. In the
last of the cuts the learner is killed -9 as well, and started again. A missed period is an interval
of more than 1.5 periods between two messages of the gate (`applied_command`) or of the policy
(`command_raw/policy`), as an independent witness received them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from bench.context import Context
from bench.far_learner import FarLearner
from bench.figure import Figure, at_least, at_most, equal, reported
from bench.live_rig import LiveRig
from bench.small_disk import NotPermittedError
from bench.two_networks import TwoNetworks

from rl_agent.data.journal import JournalReader
from rl_agent.remote.shared_key import make_shared_key_file
from rl_agent.reporting.timing import LATE_FACTOR

COUNT, QUICK_COUNT = 4, 1
CUT_S, LONGER_S = 30.0, 2.5
"""Each cut is so much longer than the one before: tries to connect have a rhythm of their own, and
cuts of one length would all end at the same beat of it."""
BEFORE_S, BETWEEN_S = 20.0, 25.0
"""With the cable in: what the cuts are compared with."""
KILL_AFTER_S = 8.0
ROBOT_ID = "arm-1"
MOST_MISSED = 5.0
"""Of 1000 periods."""
MOST_BACK_S = 30.0
"""Tries to connect are up to 10 s apart, and each may take 5 s."""
WAIT_S = 120.0


@dataclass(frozen=True)
class Cut:
    """One; times on CLOCK_MONOTONIC [s]."""

    start_s: float
    end_s: float
    num_waiting: int
    """Steps that the robot had and the copy had not, at its end."""
    caught_up_s: float
    """From the end of the cut until all of them had arrived."""
    version_s: float
    """From the end of the cut until a new version acted."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield what robot, copy and learner say; one figure where namespaces are denied."""
    folder = context.folder / "live-f"
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "link.key"
    make_shared_key_file(key)
    try:
        with TwoNetworks() as networks:
            address = f"{networks.learner_host}:7461"
            learner = FarLearner(folder / "learner", address, key, before=networks.at_learner)
            words = ("--learner", address, "--key", str(key), "--robot-id", ROBOT_ID)
            with closing(learner), networks.inside_robots():
                learner.start()
                with LiveRig(context, "live-f", *words) as rig:
                    yield from _cuts(context, rig, learner, networks)
    except NotPermittedError as error:
        detail = f"not measured: network namespaces cannot be made here: {error}"
        yield Figure("live-f", None, "", None, None, detail)


def _cuts(
    context: Context, rig: LiveRig, learner: FarLearner, networks: TwoNetworks
) -> Iterator[Figure]:
    count = context.repeats(COUNT, QUICK_COUNT)
    rig.learn(BEFORE_S, versions=2)
    start_s, cuts = time.monotonic(), []
    for index in range(count):
        _pass(rig, BETWEEN_S)
        context.say(f"cut {index + 1} of {count} …")
        duration_s, is_last = CUT_S + LONGER_S * index, index == count - 1
        cuts.append(_cut(rig, learner, networks, duration_s, is_last=is_last))
    _pass(rig, BETWEEN_S)
    yield from _missed(context, rig, cuts, (start_s, time.monotonic()))
    policy = _settled(rig, learner)
    yield from _arrived(context, rig, learner, policy)
    back = [cut.caught_up_s for cut in cuts]
    detail = f"median {np.median(back):.1f} s; {sum(cut.num_waiting for cut in cuts)} steps waited"
    detail += f" at the ends of {count} cuts of {CUT_S:g} s and more{context.quick_words()}"
    yield at_most("live-f.caught_up", max(back), MOST_BACK_S, "s after the cut", detail)
    versions = [cut.version_s for cut in cuts]
    detail = f"median {np.median(versions):.1f} s; in the last cut the learner was killed as well"
    yield reported("live-f.version_acts", max(versions), "s after the cut", detail)
    published = learner.versions()
    yield equal("live-f.versions_rise", published == sorted(set(published)), True, "")
    yield at_least("live-f.versions", len(published), 1, "versions published in all")


def _cut(
    rig: LiveRig, learner: FarLearner, networks: TwoNetworks, duration_s: float, *, is_last: bool
) -> Cut:
    start_s = time.monotonic()
    networks.pull()
    try:
        if is_last:
            _pass(rig, KILL_AFTER_S)
            learner.kill()
            learner.start()  # blocks: the robot's topics are read afterwards, by their stamps
        _pass(rig, start_s + duration_s - time.monotonic())
        lived = int(rig.newest("policy_state")["num_records"])
        num_waiting = lived - learner.num_copied(ROBOT_ID)
    finally:
        networks.plug_in()
    end_s = time.monotonic()
    acting = _newest_acting(rig)
    rig.until(lambda: learner.num_copied(ROBOT_ID) >= lived, WAIT_S, "all steps to arrive")
    caught_up_s = time.monotonic() - end_s
    rig.until(lambda: _newest_acting(rig) > acting, WAIT_S, "a new version to act")
    version_s = time.monotonic() - end_s
    return Cut(start_s, end_s, num_waiting, caught_up_s, version_s)


def _pass(rig: LiveRig, duration_s: float) -> None:
    end_s = time.monotonic() + duration_s
    rig.until(lambda: time.monotonic() >= end_s, max(duration_s, 0.0) + 1.0, "time")


def _newest_acting(rig: LiveRig) -> int:
    return max((int(event["policy_version"]) for event in rig.swaps("promoted")), default=0)


def _missed(
    context: Context, rig: LiveRig, cuts: list[Cut], span: tuple[float, float]
) -> Iterator[Figure]:
    for name, (times, period_s) in rig.arrivals.items():
        arrivals = times[(times >= span[0]) & (times <= span[1])]
        intervals, ends = np.diff(arrivals), arrivals[1:]
        is_cut = np.any([(ends >= c.start_s) & (ends <= c.end_s) for c in cuts], axis=0)
        is_late = intervals > LATE_FACTOR * period_s
        missed = 1e3 * float(is_late[is_cut].mean())
        detail = f"{int(is_late[is_cut].sum())} of {int(is_cut.sum())} during the cuts, elsewhere"
        detail += f" {int(is_late[~is_cut].sum())} of {int((~is_cut).sum())}; longest"
        detail += f" {1e3 * intervals[is_cut].max():.1f} and {1e3 * intervals[~is_cut].max():.1f}"
        detail += f" ms; p99 {1e3 * np.percentile(intervals[is_cut], 99):.2f} and"
        detail += f" {1e3 * np.percentile(intervals[~is_cut], 99):.2f} ms; mean rate"
        detail += f" {1.0 / intervals[is_cut].mean():.2f} and {1.0 / intervals[~is_cut].mean():.2f}"
        detail += f" Hz; late {_when(cuts, ends[is_cut & is_late])}{context.quick_words()}"
        yield at_most(f"live-f.{name}_missed", missed, MOST_MISSED, "of 1000 periods", detail)


def _when(cuts: list[Cut], late: np.ndarray) -> str:
    """Return how long after the beginning of their cuts intervals were late."""
    found = [f"{t - c.start_s:.1f}" for c in cuts for t in late if c.start_s <= t <= c.end_s]
    return f"{', '.join(found)} s into a cut" if found else "none in a cut"


def _settled(rig: LiveRig, learner: FarLearner) -> dict[str, int]:
    """Disarm, wait until all that was kept has arrived, and end both sides."""
    rig.operator.estop()
    rig.operator.wait(2.5)

    def has_all() -> bool:
        policy = rig.newest("policy_state")
        is_written = not policy["num_waiting"]
        return is_written and learner.num_copied(ROBOT_ID) >= policy["num_records"]

    rig.until(has_all, WAIT_S, "the rest to arrive")
    policy = dict(rig.newest("policy_state"))
    rig.operator.wait(8.0)  # rows of an episode without an end wait a little
    rig.stop()
    learner.close()
    return policy


def _arrived(
    context: Context, rig: LiveRig, learner: FarLearner, policy: dict[str, int]
) -> Iterator[Figure]:
    own, copy = JournalReader(rig.run / "journal").read(), learner.copy(ROBOT_ID)
    lost = policy["num_records"] - len(copy.rows) + policy["num_lost"]
    detail = f"{policy['num_records']} kept by the robot, {len(copy.rows)} in the learner's copy"
    yield equal("live-f.lost", lost, 0, "transitions", detail + context.quick_words())
    yield equal("live-f.doubled", _num_doubled(copy.rows), 0, "transitions")
    yield equal("live-f.digest", own.digest == copy.digest, True, "", "the copy's is the journal's")
    merged = learner.merged()
    detail = f"{len(merged)} learned from, the last checkpoint holds {learner.num_in_checkpoint()}"
    yield equal("live-f.not_learned", len(copy.rows) - len(merged), 0, "transitions", detail)
    yield equal("live-f.learned_twice", _num_doubled(merged), 0, "transitions")


def _num_doubled(rows: np.ndarray) -> int:
    return len(rows) - len({row.tobytes() for row in rows})
