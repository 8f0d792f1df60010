"""The wire: foreign publishers, clocks that jump."""

from __future__ import annotations

from typing import Any

import numpy as np

from .context import FaultContext
from .judge import periods_s
from .outcome import Expectations, Outcome
from .timeline import since

LATE_FACTOR = 1.5
HOUR_S = 3600


def row_second_publisher(context: FaultContext) -> Outcome:
    """Row 18."""
    from sensor_msgs.msg import JointState

    rig = context.rig(**context.operated())
    expectations = Expectations()
    node = rig.operator.node
    rogue = node.create_publisher(JointState, "command_raw/policy", 5)
    rig.wait(2.0)
    state = rig.state
    rig.operator.estop()
    rig.until(lambda: rig.operator.reset()[0], 5.0, "a reset")
    is_armed, answer = rig.operator.arm()
    node.destroy_publisher(rogue)
    expectations.expect(not is_armed, "armed in spite of a second publisher")
    expectations.expect("publish" in answer, f"the refusal does not name it: {answer}")
    rig.arm()
    return expectations.outcome(f"arming {answer}", f"while armed: {state.state}, {state.cause}")


def row_clock(context: FaultContext) -> Outcome:
    """Row 16: /clock comes for the first time, jumps by an hour either way, and freezes."""
    from rosgraph_msgs.msg import Clock

    rig = context.rig(**context.operated())
    expectations = Expectations()
    publisher = rig.operator.node.create_publisher(Clock, "clock", 10)
    rig.wait(2.0)
    quiet = periods_s(rig.timeline, rig.timeline.applied[-1].received_s - 2.0, np.inf)
    rig.get_moving()
    start_s = rig.timeline.applied[-1].received_s
    for second in (10_000, 10_000 + HOUR_S, 10_000 - HOUR_S, 0, 2**31 - 1):
        _publish_clock(publisher, Clock, second)
        rig.wait(0.4)
    rig.wait(1.2)  # frozen
    rig.operator.node.destroy_publisher(publisher)
    end_s = rig.timeline.applied[-1].received_s
    applied = since(rig.timeline.applied, start_s, end_s)
    periods = periods_s(rig.timeline, start_s, end_s)
    braking = sum(a.is_braking for a in applied)
    rate = len(periods) / max(float(periods.sum()), 1e-9)
    expectations.expect(braking <= 0.02 * len(applied), f"{braking} ticks braked")
    expectations.expect(rate <= 1.15 * rig.spec.gate_hz, f"a burst: {rate:.0f} commands per s")
    late = float(np.quantile(periods, 0.99))
    usual_ms = 1e3 * float(np.quantile(quiet, 0.99))
    is_steady = late <= LATE_FACTOR * rig.spec.gate_period_s
    expectations.expect(is_steady, f"period p99 {1e3 * late:.1f}, {usual_ms:.1f} before")
    return expectations.outcome(
        f"/clock by ±1 h, frozen: {rate:.0f} commands per s, p99 {1e3 * late:.1f} ms,"
        f" {braking} braked",
        "watchdogs use the steady clock; the wall clock itself cannot be set here (unit tests do)",
    )


def _publish_clock(publisher: Any, kind: Any, second: int) -> None:
    message = kind()
    message.clock.sec = second
    publisher.publish(message)
