"""A robot that falls: what its imu says is injected; what do the gate and stop_mode answer?"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from .changed_profile import write_profile
from .context import FaultContext
from .judge import judge_braking
from .outcome import Expectations, Outcome
from .prompt import prompt
from .rig import Rig

MAX_TILT_RAD = 0.5
FALLEN_RAD = 0.9
WITHIN_S = 0.05
MODE_S = 1.0
"""Braking takes a tenth of that; a driver is told once the robot stands."""
REPORT_S = 0.02


class Imu:
    """Tells a lean about x, fifty times a second, and hears what the driver is told."""

    def __init__(self, rig: Rig) -> None:
        from rclpy.clock import Clock, ClockType
        from sensor_msgs.msg import Imu as Message
        from std_msgs.msg import String

        from .. import qos

        self.tilt_rad = 0.0
        self.mode = ""
        self._kind = Message
        node = rig.operator.node
        self._publisher = node.create_publisher(Message, "imu", 5)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer: Any = node.create_timer(REPORT_S, self.report, clock=steady)
        node.create_subscription(String, "stop_mode", self._on_mode, qos.LATCHED)

    def report(self) -> None:
        """Publish the present lean."""
        message = self._kind()
        message.orientation.w = math.cos(0.5 * self.tilt_rad)
        message.orientation.x = math.sin(0.5 * self.tilt_rad)
        self._publisher.publish(message)

    def _on_mode(self, message: Any) -> None:
        self.mode = message.data


def row_fall(context: FaultContext) -> Outcome:
    """Row 31."""
    expectations = Expectations()
    folder = context.scratch("fall")
    safety = {"max_tilt_rad": MAX_TILT_RAD}
    profile = write_profile(folder, "so101", safety=safety, stop_mode="damp")
    rig = context.rig(robot=profile, moves=False)
    imu = Imu(rig)
    rig.mover()
    rig.wait(1.0)
    rig.restore()
    worst_s, count = 0.0, context.repeats(4, 1)
    for _ in range(count):
        rig.get_moving(context.rng)
        imu.tilt_rad = FALLEN_RAD
        with prompt():
            event_s = time.monotonic()
            imu.report()
        rig.wait(MODE_S)
        found = judge_braking(rig.timeline, event_s, event_s + MODE_S)
        braked_s = np.inf if found.first_brake_s is None else found.first_brake_s
        worst_s = max(worst_s, braked_s)
        expectations.expect("leans" in rig.state.cause, f"the cause is {rig.state.cause!r}")
        expectations.expect(imu.mode == "damp", f"the driver is told {imu.mode!r}")
        imu.tilt_rad = 0.0
        rig.wait(0.3)
        rig.restore()
    context.close_rig()
    expectations.expect(worst_s <= WITHIN_S, f"braked after {1e3 * worst_s:.0f} ms")
    return expectations.outcome(
        f"braking after ≤ {1e3 * worst_s:.0f} ms, latched; then stop_mode says damp, {count} times",
        "the imu's readings are injected: the shipped robots are bolted down and do not fall",
    )
