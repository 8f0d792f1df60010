"""How long from a transition on the robot until the learner may draw it, under full load?

From the moment at which the policy's process hands it to its journal, to the one at which it lies
in the replay of the learner's process; both note CLOCK_MONOTONIC. The learner owes more updates
than it can take, so that it never rests, and publishes and saves as usual.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_least, at_most, equal, reported
from bench.live_rig import FULL_LOAD, LiveRig, read_stamps, stamped_command

MOST_S = 0.5
SECONDS, QUICK_SECONDS = 240.0, 40.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield the 99th percentile while the learner learns, and what did not arrive."""
    stamps = context.folder / "live-i-stamps"
    with LiveRig(context, "live-i", *FULL_LOAD, command=stamped_command(stamps)) as rig:
        rig.until(lambda: rig.newest("learner_state").get("gradient_step"), 180.0, "an update")
        first = int(rig.newest("learner_state")["env_step"])
        began = int(rig.newest("learner_state")["gradient_step"])
        context.say("the learner is at work …")
        rig.learn(QUICK_SECONDS if context.quick else SECONDS, versions=1)
        state = rig.newest("learner_state")
        rig.operator.estop()
        rig.operator.wait(10.0)
    handed, taken_s = read_stamps(stamps)
    handed_s = handed[:, 0]
    missing = len(handed_s) - len(taken_s)
    yield equal("live-i.missing", missing, 0, "transitions", f"{len(handed_s)} handed over")
    last = int(state["env_step"])
    waits = (taken_s - handed_s[: len(taken_s)])[first:last]
    updates = int(state["gradient_step"]) - began
    detail = f"median {np.median(waits):.3f} s, longest {waits.max():.2f} s,"
    detail += f" {100.0 * (waits > MOST_S).mean():.1f} % above; {len(waits)} transitions,"
    detail += f" {updates} updates, {state['policy_version']} versions meanwhile"
    wait = float(np.percentile(waits, 99))
    yield at_most("live-i.visible", wait, MOST_S, "s, p99", detail + context.quick_words())
    yield at_least("live-i.owed", state["num_owed"], 1, "updates", "the learner never rested")
    yield reported("live-i.rate", updates / (len(waits) / context.spec.policy_hz), "updates/s")
