"""The robot's readings lie, come late, or do not come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.sensor_faults import FaultKind, SensorFault

from .context import FaultContext
from .judge import judge_braking, largest_step
from .outcome import Expectations, Outcome
from .rig import Rig
from .timeline import since

SLACK_S = 0.020
"""One gate period, and what a scheduler takes."""
AFTER_S = 0.3
FROZEN_S = 0.35
"""A value that stays the same says something only once the joint should have moved."""
DRIFT_RATE = 0.3
DRIFT_S = 2.5
"""The drift must have grown beyond what servos lag behind by."""


@dataclass(frozen=True)
class Lie:
    """One way to lie, and how soon the gate must brake."""

    words: str
    fault: SensorFault
    within_s: float


def lying_rig(context: FaultContext) -> Rig:
    """Return a rig with a liar behind the twin's sensors."""
    return context.rig(lies=True)


def lies(rig: Rig) -> list[Lie]:
    """Return PX4's seven kinds and drift, with the gate's own limits."""
    late_s = rig.spec.observation_timeout_s + SLACK_S
    joint = rig.spec.command_names[0]

    def lie(words: str, within_s: float, kind: FaultKind, **numbers: object) -> Lie:
        return Lie(words, SensorFault(kind=kind, **numbers), within_s)  # type: ignore[arg-type]

    return [
        lie("off", late_s, FaultKind.OFF),
        lie("stuck, old stamps", late_s, FaultKind.STUCK, restamps=False),
        lie("stuck, new stamps", FROZEN_S, FaultKind.STUCK),
        lie("garbage", late_s, FaultKind.GARBAGE),
        lie("wrong by 0.2 rad", late_s, FaultKind.WRONG, joints=(joint,)),
        lie("slow: 10 Hz", late_s, FaultKind.SLOW, period_s=0.1),
        lie("delayed by 100 ms", late_s, FaultKind.DELAYED),
        lie("intermittent", late_s, FaultKind.INTERMITTENT),
        lie("drift of 0.3 rad/s", DRIFT_S, FaultKind.DRIFT, rate=DRIFT_RATE, joints=(joint,)),
    ]


def try_lie(context: FaultContext, rig: Rig, lie: Lie, expectations: Expectations) -> float:
    """Let one lie set in, in motion; return when the gate braked [s], infinity for never."""
    context.say(lie.words)
    rig.get_moving(context.rng)
    event_s = rig.lie(lie.fault)
    rig.wait(lie.within_s + AFTER_S)
    found = judge_braking(rig.timeline, event_s, event_s + lie.within_s + AFTER_S)
    rig.lie(SensorFault())
    braked_s = np.inf if found.first_brake_s is None else found.first_brake_s
    if np.isinf(braked_s):
        expectations.expect(
            False, f"{lie.words}: not noticed within {lie.within_s + AFTER_S:.2f} s"
        )
    else:
        late = f"{lie.words}: {1e3 * braked_s:.0f} ms, allowed {1e3 * lie.within_s:.0f}"
        expectations.expect(braked_s <= lie.within_s, late)
    rig.wait(AFTER_S)
    rig.restore()
    return braked_s


def row_kinds(context: FaultContext) -> Outcome:
    """Row 13."""
    rig = lying_rig(context)
    expectations = Expectations()
    told = []
    for lie in lies(rig):
        count = context.repeats(2, 1)
        worst_s = max(try_lie(context, rig, lie, expectations) for _ in range(count))
        told.append(f"{lie.words} {1e3 * worst_s:.0f}")
    return expectations.outcome(f"braking after [ms]: {', '.join(told)}")


def row_not_finite(context: FaultContext) -> Outcome:
    """Row 7: nothing is proposed from garbage, and nothing that is not finite gets through."""
    rig = context.rig(lies=True, policy_hz=100.0, actor="dls")
    expectations = Expectations()
    worst_s, followed = 0.0, 0
    for value in ("nan", "inf", "huge"):
        garbage = SensorFault(kind=FaultKind.GARBAGE, value=value)
        within_s = rig.spec.observation_timeout_s + SLACK_S
        began_s = max(r.received_s for r in rig.timeline.joints[-1:])
        braked_s = try_lie(context, rig, Lie(value, garbage, within_s), expectations)
        worst_s = max(worst_s, braked_s)
        bad = {r.stamp_ns for r in since(rig.timeline.joints, began_s) if _is_bad(r.position)}
        followed += sum(p.stamp_ns in bad for p in since(rig.timeline.proposals, began_s))
    expectations.expect(followed == 0, f"{followed} proposals were made from garbage")
    wire = rig.timeline.num_bad_on_wire
    expectations.expect(wire == 0, f"{wire} commands on the wire were not finite")
    return expectations.outcome(
        f"braking ≤ {1e3 * worst_s:.0f} ms; {followed} proposals from garbage, {wire} bad commands",
        "replay takes no row that is not finite: row 38",
    )


def _is_bad(position: np.ndarray) -> bool:
    return bool((~np.isfinite(position) | (np.abs(position) > 1e6)).any())


def row_wire(context: FaultContext) -> Outcome:
    """Row 14: a fifth lost, some doubled and overtaken, is borne; a long gap is not."""
    rig = lying_rig(context)
    expectations = Expectations()
    duration_s = context.repeats(6, 3)
    rig.get_moving()
    fault = SensorFault(
        kind=FaultKind.LOSSY, loss=0.2, duplicate=0.05, reorder=0.05, seed=context.seed
    )
    event_s = rig.lie(fault)
    rig.wait(duration_s)
    applied = since(rig.timeline.applied, event_s)
    following = sum(not a.is_braking for a in applied) / max(len(applied), 1)
    step = largest_step(rig.spec, since(rig.timeline.robot, event_s))
    expectations.expect(rig.state.state != "STOPPED", f"stopped: {rig.state.cause}")
    expectations.expect(following >= 0.9, f"followed for {following:.0%} of the time only")
    expectations.expect(step <= 1.5, f"the robot jumped: {step:.2f} of what its speed allows")
    rig.lie(SensorFault())
    rig.restore()
    rig.get_moving()
    gap_s = 21 / rig.spec.state_hz
    event_s = rig.lie(SensorFault(kind=FaultKind.INTERMITTENT, silent_s=gap_s, period_s=10.0))
    rig.wait(1.0)
    braked_s = judge_braking(rig.timeline, event_s, event_s + 1.0).first_brake_s
    expectations.expect(braked_s is not None, "21 lost readings in a row were not held")
    state = rig.state
    expectations.expect(state.state == "ARMED", f"did not go on: {state.state} {state.cause}")
    rig.lie(SensorFault())
    return expectations.outcome(
        f"20 % lost, 5 % doubled, 5 % overtaken: followed {following:.1%} of {len(applied)} ticks;"
        f" 21 lost in a row: held after {1e3 * (braked_s or np.inf):.0f} ms, went on by itself"
    )


def row_jump(context: FaultContext) -> Outcome:
    """Row 29."""
    rig = lying_rig(context)
    expectations = Expectations()
    within_s = rig.spec.observation_timeout_s + SLACK_S
    worst_s, count = 0.0, context.repeats(5, 2)
    for number in range(count):
        joint = rig.spec.command_names[number % len(rig.spec.command_names)]
        fault = SensorFault(kind=FaultKind.WRONG, offset=0.2, joints=(joint,))
        lie = Lie(f"{joint} jumps by 0.2 rad", fault, within_s)
        worst_s = max(worst_s, try_lie(context, rig, lie, expectations))
    return expectations.outcome(f"held after ≤ {1e3 * worst_s:.0f} ms, {count} jumps")


def row_locked(context: FaultContext) -> Outcome:
    """Row 30: the first joint's reading stays where it was, as that of a locked one does."""
    rig = lying_rig(context)
    expectations = Expectations()
    joint = rig.spec.command_names[0]
    fault = SensorFault(kind=FaultKind.STUCK, joints=(joint,))
    braked_s = try_lie(context, rig, Lie("locked joint", fault, FROZEN_S), expectations)
    return expectations.outcome(
        f"braking after {1e3 * braked_s:.0f} ms",
        "imitated in the readings: the twin's joint itself is not locked",
    )
