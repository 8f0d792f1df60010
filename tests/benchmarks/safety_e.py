"""The gate itself is killed, hung, stalled: does the robot stop by what it was given?

Standstill is the robot's own, from the twin's readings: every command joint at 2 % of its speed
limit or less, counted from the event, while the gate is silent. cartpole's passive pole does not
count. A stalled gate may go on after its 200 ms: the robot must have come to rest before, and must
not jump then.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.fault_trials import fault_context
from bench.figure import Figure, at_most, equal

from surefoot_nodes.faults.judge import JUMP_FACTOR, Standstill
from surefoot_nodes.faults.rows_gate import ROBOTS, SPARE_S, GateFault, excess_s, stop_gate

COUNT = 50
NAMES = {GateFault.KILL: "kill", GateFault.HANG: "hang", GateFault.STALL: "stall"}


def measure(context: Context) -> Iterator[Figure]:
    """Yield standstill and jumps per controller and fault."""
    count = context.repeats(COUNT, 3)
    with fault_context(context) as faults:
        for robot in ROBOTS:
            rig = faults.rig(robot=robot)
            kind = rig.spec.controller.type
            for fault, name in NAMES.items():
                found = list(stop_gate(faults, rig, fault, count))
                yield from _figures(f"safety-e.{kind}_{name}", found, context)


def _figures(name: str, found: list[Standstill], context: Context) -> Iterator[Figure]:
    excess_ms = [1e3 * excess_s(f) for f in found]
    speeds = [f.speed for f in found]
    detail = (
        f"{len(found)} times at {min(speeds):.2f} to {max(speeds):.2f} rad/s or m/s, beyond the"
        f" brake profile's time; median {np.median(excess_ms):.0f} ms"
    )
    worst = max(excess_ms)
    yield at_most(name, worst, 1e3 * SPARE_S, "ms", detail + context.quick_words())
    jumps = sum(f.largest_step > JUMP_FACTOR for f in found)
    step = max(f.largest_step for f in found)
    words = f"largest step between two readings: {step:.2f} of what the speed limit allows"
    yield equal(f"{name}_jumps", jumps, 0, "times", words)
