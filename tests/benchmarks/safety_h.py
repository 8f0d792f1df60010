"""Is anything damaged, exchanged or forged taken for good? Bundles, checkpoints, journals."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bundle_attacks import BundleAttacks, attack_bundles
from bench.context import Context
from bench.damage import Tally
from bench.figure import Figure, at_least, equal
from bench.record_attacks import CheckpointAttacks, JournalAttacks

from rl_agent.tasks.registry import make_task
from sim.kinematics import MujocoKinematics

NUM_ARTEFACTS = 1000
QUICK_PART = 10


def measure(context: Context) -> Iterator[Figure]:
    """Yield how many of a thousand artefacts were accepted, and how many errors had no name."""
    tally = attack(context)
    quick = context.quick_words()
    total = sum(tally.tried.values())
    yield equal("safety-h", sum(tally.accepted.values()), 0, "artefacts", tally.words() + quick)
    first = f"; first: {tally.crashed[0]:.200}" if tally.crashed else ""
    words = f"refused with anything but a named error that says what was found{first}"
    yield equal("safety-h.crashes", len(tally.crashed), 0, "artefacts", words + quick)
    bar = context.repeats(NUM_ARTEFACTS, NUM_ARTEFACTS // QUICK_PART // 2)
    yield at_least("safety-h.tried", total, bar, "artefacts", "damaged artefacts" + quick)


def attack(context: Context) -> Tally:
    """Return what became of all attempts."""
    tally = Tally()
    spec, folder = context.spec, context.folder / "safety-h"
    task = make_task("reach", spec, MujocoKinematics(spec) if spec.tool else None)

    def count_of(usual: int) -> int:
        return context.repeats(usual, max(1, usual // QUICK_PART))

    attack_bundles(tally, BundleAttacks(folder / "bundles", spec, task, context.seed), count_of)
    CheckpointAttacks(folder / "checkpoints", context.seed).attack(tally, count_of)
    JournalAttacks(folder / "journals", context.seed).attack(tally, count_of)
    return tally
