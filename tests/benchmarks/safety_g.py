"""Do commands stay smooth when a human takes over from a policy and hands back, at speed?"""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_least, at_most
from bench.handover import LEAST_SHARE, Handover

from rl_agent.robots.profile import available_robots, load_robot
from rl_agent.spec import RobotSpec

NUM_PASSINGS = 200
SPARE = 1e-9
"""Of the allowance, for double arithmetic: a_max T² is of the order of 1e-3 rad."""
ROBOTS = ("so101", "ur5e", "fr3")


def measure(context: Context) -> Iterator[Figure]:
    """Yield the largest differences of the commands, as shares of what the limits allow."""
    for name in ROBOTS:
        if name in available_robots():
            yield from _pass_on(context, load_robot(name))


def _pass_on(context: Context, spec: RobotSpec) -> Iterator[Figure]:
    count = context.repeats(NUM_PASSINGS, 20)
    context.say(f"{spec.name}: {count} takeovers and hand-backs …")
    row = f"safety-g.{spec.name}"
    passing = Handover(spec, context.seed).run(count)
    words = (
        f"{count} changes of source in {len(passing.positions)} ticks, at random phases;"
        f" {passing.num_other_way} of them turned joints round" + context.quick_words()
    )
    bend = passing.bend_share(braking=False)
    yield at_most(row, bend, 1.0 + SPARE, "of a_max T²", words)
    yield at_most(
        f"{row}_step", passing.step_share(), 1.0 + SPARE, "of v_max T", "first difference"
    )
    slowest = "of v_max, the slowest joint at any change of source"
    yield at_least(f"{row}_speed", passing.least_share, LEAST_SHARE, slowest)
    held = Handover(spec, context.seed + 1, through_hold=True).run(count)
    words = "each time through a HOLD in which the robot brakes" + context.quick_words()
    yield at_most(f"{row}_hold", held.bend_share(braking=False), 1.0 + SPARE, "of a_max T²", words)
    braking = held.bend_share(braking=True)
    yield at_most(f"{row}_hold_brake", braking, 1.0 + SPARE, "of brake_deceleration T²", words)
