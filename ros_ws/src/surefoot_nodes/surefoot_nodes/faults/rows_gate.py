"""The gate itself dies, hangs or stalls: does the robot stop by what it was given?"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from enum import StrEnum

from .context import FaultContext
from .judge import JUMP_FACTOR, Standstill, judge_standstill
from .outcome import Expectations, Outcome
from .rig import Rig

ROBOTS = ("so101", "cartpole")
"""joint_trajectory with a braking tail; forward_velocity with a time-out."""
SPARE_S = 0.100
STALL_S = 0.2
HANG_S = 0.8
SETTLES_S = 0.3


class GateFault(StrEnum):
    """What happens to safety_node."""

    KILL = "kill -9"
    HANG = "SIGSTOP"
    STALL = "stall of 200 ms"


def stop_gate(
    context: FaultContext, rig: Rig, fault: GateFault, count: int
) -> Iterator[Standstill]:
    """Take the gate away in motion, again and again; yield how the robot came to rest.

    It is judged while the gate is silent. After a stall the gate may go on, from where the robot
    has come to rest: that it does so without a jump is judged by the readings afterwards.
    """
    for number in range(count):
        context.say(f"{fault} of the gate ({rig.spec.name}), {number + 1} of {count}")
        rig.get_moving(context.rng)
        if fault is GateFault.KILL:
            event_s = rig.kill("safety_node")
            rig.operator.wait(HANG_S)
            yield judge_standstill(rig.spec, rig.timeline, event_s, event_s + HANG_S)
            rig.spawn("safety_node")
            rig.bring_up("safety_node")
        else:
            event_s = rig.signal("safety_node", signal.SIGSTOP)
            rig.operator.wait(STALL_S if fault is GateFault.STALL else HANG_S)
            on_s = rig.signal("safety_node", signal.SIGCONT)
            rig.wait(SETTLES_S)
            found = judge_standstill(rig.spec, rig.timeline, event_s, on_s)
            after = judge_standstill(rig.spec, rig.timeline, event_s, on_s + SETTLES_S)
            yield Standstill(
                speed=found.speed,
                profile_s=found.profile_s,
                standstill_s=found.standstill_s,
                largest_step=max(found.largest_step, after.largest_step),
            )
        rig.restore()


def excess_s(found: Standstill) -> float:
    """Return by how much standing took longer than the brake profile's own time [s]."""
    stands_s = float("inf") if found.standstill_s is None else found.standstill_s
    return stands_s - found.profile_s


def row_gate(context: FaultContext) -> Outcome:
    """Row 41."""
    expectations = Expectations()
    told = []
    count = context.repeats(3, 1)
    for robot in ROBOTS:
        rig = context.rig(robot=robot)
        for fault in GateFault:
            found = list(stop_gate(context, rig, fault, count))
            worst_s = max(excess_s(f) for f in found)
            step = max(f.largest_step for f in found)
            name = f"{robot}, {fault}"
            late = f"{name}: {1e3 * worst_s:.0f} ms beyond the profile, allowed {1e3 * SPARE_S:.0f}"
            expectations.expect(worst_s <= SPARE_S, late)
            expectations.expect(step <= JUMP_FACTOR, f"{name}: the robot jumped ({step:.2f})")
            told.append(f"{name} {1e3 * worst_s:+.0f}")
    return expectations.outcome(f"standstill beyond the profile's time [ms]: {'; '.join(told)}")
