"""A person at a joystick lets go, or the joystick is unplugged."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np

from .context import FaultContext
from .outcome import Expectations, Outcome
from .rig import Rig
from .timeline import since

DEADMAN_BUTTON = 4
"""teleop_node's default."""
JOY_S = 0.03
WITHIN_S = 0.100
WATCH_S = 0.6
AXES = [1.0, 0.0, 0.0, 0.0]


class Joystick:
    """Speaks thirty times a second while it is plugged in."""

    def __init__(self, rig: Rig) -> None:
        from rclpy.clock import Clock, ClockType
        from sensor_msgs.msg import Joy

        self._kind = Joy
        self.is_held = self.is_plugged_in = False
        self.heard_s = 0.0
        node = rig.operator.node
        self._publisher = node.create_publisher(Joy, "joy", 5)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer: Any = node.create_timer(JOY_S, self.speak, clock=steady)

    def speak(self) -> None:
        """Tell sticks and buttons."""
        if self.is_plugged_in:
            buttons = [0] * 8
            buttons[DEADMAN_BUTTON] = int(self.is_held)
            self.heard_s = time.monotonic()
            self._publisher.publish(self._kind(axes=AXES, buttons=buttons))


def row_deadman(context: FaultContext) -> Outcome:
    """Row 26: onset of braking after release, and after the last word of a joystick."""
    rig = context.rig(moves=False, has_teleop=True)
    joystick = Joystick(rig)
    expectations = Expectations()
    told = []
    count = context.repeats(4, 1)
    for way in ("released", "unplugged"):
        slowest_s, most = 0.0, 0
        for _ in range(count):
            _drive(rig, joystick)
            if way == "released":
                joystick.is_held = False
                joystick.speak()
            else:
                joystick.is_plugged_in = False
            event_s = joystick.heard_s
            rig.wait(WATCH_S)
            slowest_s = max(slowest_s, _slows_after_s(rig, event_s))
            late = since(rig.timeline.human, event_s + WITHIN_S)
            most = max(most, len(late))
            end = since(rig.timeline.applied, event_s + WATCH_S - 0.05)
            stands = bool(end) and all(float(np.abs(a.velocity).max()) < 1e-9 for a in end)
            expectations.expect(stands, f"{way}: the robot still moves")
        expectations.expect(slowest_s <= WITHIN_S, f"{way}: {1e3 * slowest_s:.0f} ms")
        expectations.expect(most == 0, f"{way}: {most} proposals after it had stopped")
        told.append(f"{way} {1e3 * slowest_s:.0f}")
    context.close_rig()
    return expectations.outcome(f"slows down after [ms]: {', '.join(told)}, {count} times each")


def _drive(rig: Rig, joystick: Joystick) -> None:
    """Hold the button until the robot moves."""
    joystick.is_plugged_in, joystick.is_held = True, False
    rig.wait(0.2)
    joystick.is_held = True
    rig.restore()
    limit = rig.spec.command_joints[0].max_velocity

    def moves() -> bool:
        newest = rig.applied
        return newest is not None and float(np.abs(newest.velocity).max()) > 0.1 * limit

    rig.until(moves, 5.0, "the joystick to move the robot")


def _slows_after_s(rig: Rig, event_s: float) -> float:
    """Return how long the command went on without slowing down [s]."""
    applied = since(rig.timeline.applied, event_s - 0.02)
    for before, after in pairwise(applied):
        change = float(np.abs(after.velocity).max() - np.abs(before.velocity).max())
        if after.received_s >= event_s and change < -1e-6:
            return after.received_s - event_s
    return float("inf")
