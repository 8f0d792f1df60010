"""Readings of motors and battery that must stop the robot."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .changed_profile import write_profile
from .context import FaultContext
from .judge import judge_braking
from .outcome import Expectations, Outcome
from .prompt import prompt
from .rig import Rig

HEALTH = {"max_temperature_c": 70.0, "max_current_a": 5.0, "min_battery_v": 10.0}
WITHIN_S = 0.05
WATCH_S = 0.5
REPORT_S = 0.1


@dataclass
class Body:
    """What motors and battery of the imitated robot report."""

    temperature_c: float = 35.0
    current_a: float = 1.0
    battery_v: float = 12.0


FAULTS = {
    "servo hot": ("temperature_c", 85.0, "temperature"),
    "over-current": ("current_a", 9.0, "current"),
    "battery low": ("battery_v", 8.5, "battery"),
}
"""Fault: (field of the body, value, word that the cause must hold)."""


class BodyReports:
    """Publishes the body's readings from the operator's node, ten times a second."""

    def __init__(self, rig: Rig) -> None:
        from rclpy.clock import Clock, ClockType
        from sensor_msgs.msg import BatteryState, Temperature

        self.body = Body()
        node = rig.operator.node
        self._kinds = BatteryState, Temperature
        self._battery = node.create_publisher(BatteryState, "battery_state", 5)
        self._temperature = node.create_publisher(Temperature, "temperature", 5)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer: Any = node.create_timer(REPORT_S, self.report, clock=steady)
        self._node = node

    def report(self) -> float:
        """Tell the present readings; return when [s]."""
        battery_kind, temperature_kind = self._kinds
        battery = battery_kind(voltage=self.body.battery_v, current=-self.body.current_a)
        battery.header.frame_id = "battery"
        temperature = temperature_kind(temperature=self.body.temperature_c)
        temperature.header.frame_id = "shoulder_pan"
        with prompt():
            now_s = time.monotonic()
            self._battery.publish(battery)
            self._temperature.publish(temperature)
        return now_s

    def destroy(self) -> None:
        """Fall silent."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._battery)
        self._node.destroy_publisher(self._temperature)


def row_health(context: FaultContext) -> Outcome:
    """Row 44."""
    expectations = Expectations()
    profile = write_profile(context.scratch("health"), "so101", safety={"health": HEALTH})
    rig = context.rig(robot=profile, moves=False)
    reports = BodyReports(rig)
    rig.mover()
    rig.wait(1.0)
    rig.restore()
    told = []
    for words, (name, value, word) in FAULTS.items():
        context.say(words)
        rig.get_moving(context.rng)
        setattr(reports.body, name, value)
        event_s = reports.report()
        rig.wait(WATCH_S)
        found = judge_braking(rig.timeline, event_s, event_s + WATCH_S)
        braked_s = np.inf if found.first_brake_s is None else found.first_brake_s
        expectations.expect(braked_s <= WITHIN_S, f"{words}: {1e3 * braked_s:.0f} ms")
        expectations.expect(word in rig.state.cause, f"{words}: the cause is {rig.state.cause!r}")
        told.append(f"{words} {1e3 * braked_s:.0f}")
        reports.body = Body()
        rig.wait(0.3)
        rig.restore()
    reports.destroy()
    context.close_rig()
    return expectations.outcome(
        f"braking after [ms]: {', '.join(told)}", "following error: row 30; readings are injected"
    )
