"""What ros2_control's controllers make of their messages, imitated for the twin. No ROS in here.

`joint_trajectory_controller` follows its trajectory from its last desired state and then holds the
last point. `forward_command_controller` holds the last command for ever, unless the profile says
that this one has a time-out.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array, Command

Points = Sequence[tuple[float, Command]]
"""(seconds after arrival, command), rising."""


class Controller(ABC):
    """Answers at any time what the servos are told."""

    def __init__(self, start: Array) -> None:
        """Begin at rest at command positions (num_commands,)."""
        self._last = Command(np.array(start), np.zeros_like(start))

    @abstractmethod
    def receive(self, points: Points, now_s: float) -> None:
        """Take a message that arrived at `now_s` [s]."""

    @abstractmethod
    def sample(self, now_s: float) -> Command:
        """Return the reference at `now_s`, not earlier than the last call's."""


class TrajectoryController(Controller):
    """Cubic Hermite through the points, then holds the last one."""

    def __init__(self, start: Array) -> None:
        super().__init__(start)
        self._times_s = [0.0]
        self._commands = [self._last]

    def receive(self, points: Points, now_s: float) -> None:
        """Replace the trajectory, starting from the present desired state."""
        start = self.sample(now_s)
        self._times_s = [now_s, *(now_s + after_s for after_s, _ in points)]
        self._commands = [start, *(command for _, command in points)]

    def sample(self, now_s: float) -> Command:
        """Return the point of the trajectory."""
        times_s, commands = self._times_s, self._commands
        if now_s >= times_s[-1]:
            return Command(commands[-1].position, np.zeros_like(commands[-1].position))
        # Points that lie behind are never asked for again.
        while len(times_s) > 2 and times_s[1] <= now_s:
            del times_s[0], commands[0]
        return hermite(
            commands[0], commands[1], times_s[1] - times_s[0], max(now_s - times_s[0], 0.0)
        )


class ForwardPositionController(Controller):
    """Holds the last position."""

    def receive(self, points: Points, now_s: float) -> None:
        """Take the last point."""
        del now_s
        self._last = points[-1][1]

    def sample(self, now_s: float) -> Command:
        """Return the newest command, however old."""
        del now_s
        return self._last


class ForwardVelocityController(Controller):
    """Keeps the last velocity until its time-out, for ever where it has none."""

    def __init__(self, start: Array, timeout_s: float | None = None) -> None:
        super().__init__(start)
        self._timeout_s = math.inf if timeout_s is None else timeout_s
        self._received_s = -math.inf

    def receive(self, points: Points, now_s: float) -> None:
        """Take the last point."""
        self._last = points[-1][1]
        self._received_s = now_s

    def sample(self, now_s: float) -> Command:
        """Return the newest velocity; zero once it is too old."""
        if now_s - self._received_s > self._timeout_s:
            return Command(self._last.position, np.zeros_like(self._last.velocity))
        return self._last


def make_controller(spec: RobotSpec, start: Array) -> Controller:
    """Return the profile's controller, at rest at command positions (num_commands,)."""
    if spec.controller.type is ControllerType.JOINT_TRAJECTORY:
        return TrajectoryController(start)
    if spec.controller.type is ControllerType.FORWARD_POSITION:
        return ForwardPositionController(start)
    timeout_ms = spec.controller.timeout_ms
    return ForwardVelocityController(start, None if timeout_ms is None else timeout_ms / 1e3)


def hermite(start: Command, end: Command, duration_s: float, elapsed_s: float) -> Command:
    """Return position and velocity on the cubic from `start` to `end`."""
    share = min(elapsed_s / duration_s, 1.0)
    gap = end.position - start.position
    first, last = start.velocity * duration_s, end.velocity * duration_s
    c2, c3 = 3.0 * gap - 2.0 * first - last, first + last - 2.0 * gap
    position = start.position + share * (first + share * (c2 + share * c3))
    velocity = (first + share * (2.0 * c2 + share * 3.0 * c3)) / duration_s
    return Command(position, velocity)
