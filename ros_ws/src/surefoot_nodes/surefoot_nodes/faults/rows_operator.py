"""People take over, and robots start from the wrong place."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .context import FaultContext
from .outcome import Expectations, Outcome
from .timeline import since


def row_takeover(context: FaultContext) -> Outcome:
    """Row 27: a human takes over in motion and hands back; the command must have no step."""
    rig = context.rig(**context.operated())
    expectations = Expectations()
    acceleration = np.array([joint.max_acceleration for joint in rig.spec.command_joints])
    allowed = acceleration * rig.spec.gate_period_s**2
    worst, human, count = 0.0, 0, context.repeats(4, 1)
    for number in range(count):
        context.say(f"take-over and hand-back, {number + 1} of {count}")
        rig.get_moving(context.rng)
        start_s = time.monotonic()
        other = rig.mover("--source", "human", "--seconds", "2.0", "--share", "0.7")
        rig.until(lambda child=other: child.status is not None, 15.0, "the human to hand back")
        rig.wait(1.0)
        # Silence of a source that had been there latches.
        applied = since(rig.timeline.applied, start_s)
        human += sum(a.source == "human" for a in applied)
        worst = max(worst, largest_second_difference(applied, allowed))
        rig.restore()
    expectations.expect(human > 0, "the human was never followed")
    expectations.expect(worst <= 1.0 + 1e-6, f"{worst:.3f} of a_max T²")
    return expectations.outcome(
        f"largest second difference {worst:.6f} of a_max T² in {count} take-overs",
        "at whatever speed the hand-over met; 50 % of it and more: benchmark row safety-g",
    )


def largest_second_difference(applied: list[Any], allowed: np.ndarray) -> float:
    """Return the largest |q'' T²| of consecutive following ticks, as a share of `allowed`."""
    worst = 0.0
    for first, second, third in zip(applied, applied[1:], applied[2:], strict=False):
        is_row = third.tick - first.tick == 2 and not (third.is_braking or second.is_braking)
        if is_row and not first.is_braking:
            change = third.position - 2.0 * second.position + first.position
            worst = max(worst, float((np.abs(change) / allowed).max()))
    return worst


def row_far_start(context: FaultContext) -> Outcome:
    """Row 28: the first proposals after arming lie 1 rad away from where the robot stands."""
    rig = context.rig(**context.operated())
    expectations = Expectations()
    rig.operator.estop()
    rig.until(lambda: rig.operator.reset()[0], 5.0, "a reset")
    far = rig.mover("--source", "mpc", "--offset", "1.0", "--share", "0.1", "--seconds", "6")
    rig.wait(1.5)
    start_s = time.monotonic()
    is_armed, answer = rig.operator.arm()
    rig.wait(1.0)
    applied = since(rig.timeline.applied, start_s)
    far.kill()
    limits = np.array([joint.max_velocity for joint in rig.spec.command_joints])
    acceleration = np.array([joint.max_acceleration for joint in rig.spec.command_joints])
    ramp_ticks = round(0.1 / rig.spec.gate_period_s)
    early = [float((np.abs(a.velocity) / limits).max()) for a in applied[:ramp_ticks]]
    speed = max((float((np.abs(a.velocity) / limits).max()) for a in applied), default=0.0)
    bend = largest_second_difference(applied, acceleration * rig.spec.gate_period_s**2)
    if not is_armed:
        return expectations.outcome(f"refused: {answer}")
    expectations.expect(bool(applied), "nothing was commanded")
    expectations.expect(speed <= 1.0 + 1e-6, f"{speed:.3f} of the speed limit")
    expectations.expect(bend <= 1.0 + 1e-6, f"{bend:.3f} of the acceleration limit")
    expectations.expect(max(early, default=0.0) <= 0.3, "no ramp in the first 100 ms")
    rig.wait(0.7)
    return expectations.outcome(
        f"armed, ramped: {max(early, default=0.0):.2f} of the speed limit in the first 100 ms,"
        f" {speed:.2f} at most, acceleration {bend:.4f} of its limit"
    )
