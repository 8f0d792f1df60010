"""The policy is killed, and hung, at 100 proposals per second: is it braked, is it discarded?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from bench.context import Context
from bench.fault_trials import fault_context
from bench.figure import Figure, at_most, equal, reported

from surefoot_nodes.faults.judge import Braking
from surefoot_nodes.faults.rows_policy import (
    Hang,
    hang_policy,
    kill_policy,
    oldest_allowed_s,
    policy_rig,
)

COUNT = 50
BAR_MS = 50.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield braking, misses and what was followed after SIGCONT."""
    count = context.repeats(COUNT, 3)
    with fault_context(context) as faults:
        rig = policy_rig(faults)
        w_ms = 1e3 * rig.spec.proposal_timeout_s
        kills = list(kill_policy(faults, rig, count))
        yield from _brakings("kill", kills, w_ms, context)
        hangs = list(hang_policy(faults, rig, count))
        oldest_s = oldest_allowed_s(rig)
    yield from _brakings("hang", [hang.braking for hang in hangs], w_ms, context)
    yield from _discarded(hangs, oldest_s)


def _brakings(
    name: str, found: Sequence[Braking], w_ms: float, context: Context
) -> Iterator[Figure]:
    braked_ms = [1e3 * b.first_brake_s for b in found if b.first_brake_s is not None]
    missed = len(found) - len(braked_ms)
    speeds = [b.speed for b in found]
    detail = (
        f"{len(found)} times at {min(speeds):.2f} to {max(speeds):.2f} rad/s; median"
        f" {np.median(braked_ms):.1f}, largest {max(braked_ms):.1f} ms, W {w_ms:g} ms"
    )
    p99 = float(np.quantile(braked_ms, 0.99))
    quick = context.quick_words()
    yield at_most(f"safety-d.{name}_first_brake_p99", p99, BAR_MS, "ms", detail + quick)
    yield equal(f"safety-d.{name}_misses", missed, 0, "times", "no braking command followed")
    loose = sum(not b.is_latched or b.moved_again for b in found)
    yield equal(f"safety-d.{name}_not_latched", loose, 0, "times", "or moved again by itself")


def _discarded(hangs: Sequence[Hang], oldest_s: float) -> Iterator[Figure]:
    ages_s = np.concatenate([hang.ages_s for hang in hangs])
    before = sum(hang.num_before_arm for hang in hangs)
    words = "commands that followed a proposal after SIGCONT, before reset and arm"
    yield equal("safety-d.followed_before_arm", before, 0, "commands", words)
    old = int((ages_s > oldest_s).sum())
    words = (
        f"of {len(ages_s)} proposals followed after SIGCONT, reset and arm: their observation was"
        f" older than {1e3 * oldest_s:.0f} ms (W + S + T) when they first acted"
    )
    yield equal("safety-d.too_old", old, 0, "proposals", words)
    yield reported("safety-d.oldest", 1e3 * float(ages_s.max(initial=0.0)), "ms", "observation")
