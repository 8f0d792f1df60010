"""Can targets outside pull the tool out of its zones? In process, with gate and twin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from bench.context import Context
from bench.figure import Figure, at_least, equal
from bench.zone_attack import ZoneAttack

from rl_agent.robots.profile import available_robots, load_robot
from rl_agent.spec import RobotSpec, SafetySpec, ZoneKind, ZoneSpec

NUM_TARGETS = 10_000
BAR_M = -1e-3
SAY_S = 20.0
PREDICTION_STEPS = 40
ARENA = SafetySpec(
    zones=(
        ZoneSpec(
            name="arena",
            kind=ZoneKind.BOX,
            keep="in",
            center_m=(0.1, 0.0, 0.5),
            half_size_m=(0.65, 0.6, 0.45),
        ),
        ZoneSpec(
            name="column", kind=ZoneKind.SPHERE, keep="out", center_m=(0.0, 0.0, 0.2), radius_m=0.25
        ),
        ZoneSpec(
            name="crate",
            kind=ZoneKind.BOX,
            keep="out",
            center_m=(0.45, -0.35, 0.15),
            half_size_m=(0.1, 0.1, 0.15),
        ),
        ZoneSpec(
            name="tilted ceiling",
            kind=ZoneKind.HALF_SPACE,
            keep="in",
            center_m=(0.0, 0.0, 0.85),
            normal=(0.6, 0.0, -0.8),
        ),
    ),
    prediction_steps=PREDICTION_STEPS,
)
"""Every kind of zone at once, in the reach of an arm of the UR5e's and FR3's size."""
ROBOTS = ("ur5e", "fr3")


def measure(context: Context) -> Iterator[Figure]:
    """Yield the deepest that the tool of each arm got."""
    known = [name for name in ROBOTS if name in available_robots()]
    for name in known:
        spec = replace(load_robot(name), safety=ARENA)
        yield from _attack(context, spec, context.repeats(NUM_TARGETS, 300) // len(known))


def _attack(context: Context, spec: RobotSpec, count: int) -> Iterator[Figure]:
    attack = ZoneAttack(spec, context.seed)
    said_s = time.monotonic()
    for depth in attack.targets(count):
        if time.monotonic() - said_s > SAY_S:
            said_s = time.monotonic()
            context.say(
                f"{spec.name}: {depth.num_targets} of {count} targets, h {depth.least_h_m:.5f} m …"
            )
    depth = attack.depth
    reasons = ", ".join(f"{name} {n}" for name, n in sorted(depth.reasons.items()))
    detail = (
        f"{depth.num_targets} targets beyond box, sphere, crate and tilted plane, twin without"
        " contacts (the arm folds through itself on its way);"
        f" {depth.num_ticks} looks at the twin's tool; commands' own h"
        f" {depth.least_command_h_m:.5f} m (the profile's zone_margin_m is"
        f" {spec.safety.zone_margin_m}); policy periods with {reasons};"
        f" {depth.near} ended within 3 cm of a wall" + context.quick_words("fewer targets")
    )
    yield at_least(f"safety-b.{spec.name}", depth.least_h_m, BAR_M, "m", detail)
    yield equal(f"safety-b.{spec.name}_targets", depth.num_targets, count, "targets")
