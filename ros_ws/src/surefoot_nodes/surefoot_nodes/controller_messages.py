"""Commands to ros2_control's controllers and, for the twin that imitates them, back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rl_agent.safety.brake import braking_tail
from rl_agent.spec import ControllerType, RobotSpec
from rl_agent.types import Array, Command

from .conversions import JointOrder, MessageError, floats
from .driver_units import DriverUnits
from .stamps import NS_PER_S

MAX_POINTS = 1000


class TrajectoryPoint(NamedTuple):
    """Where to be `after_s` from the message's arrival."""

    after_s: float
    command: Command


class ControllerCodec(ABC):
    """One controller's command topic; all numbers in its messages are the driver's."""

    suffix: str
    """The topic is `<controller>/<suffix>`."""
    message_type: type[Any]

    def __init__(self, spec: RobotSpec) -> None:
        self._spec = spec
        self._names = list(spec.command_names)
        self._units = DriverUnits(spec.command_joints)

    @property
    def topic(self) -> str:
        """Relative to the robot's namespace."""
        return f"{self._spec.controller.name}/{self.suffix}"

    @abstractmethod
    def write(self, command: Command) -> Any:
        """Return the message for the next command."""

    @abstractmethod
    def read(self, message: Any) -> list[TrajectoryPoint]:
        """Return the points of a message, in the order of their times.

        Raises:
            MessageError: Joints, sizes or times do not hold.
        """


class TrajectoryCodec(ControllerCodec):
    """joint_trajectory_controller: the command one gate period ahead, then a braking tail.

    The tail stops the robot if the gate dies. The controller must start from its own last desired
    state (`interpolate_from_desired_state: true`), or the arm lags behind.
    """

    suffix = "joint_trajectory"
    message_type = JointTrajectory

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__(spec)
        self._period_s = spec.gate_period_s
        self._order = JointOrder(self._names)

    def write(self, command: Command) -> JointTrajectory:
        """Return the trajectory; its stamp stays 0, which means that it starts on arrival."""
        tail = braking_tail(self._spec, command.position, command.velocity, self._period_s)
        message = JointTrajectory(joint_names=self._names)
        message.points = [self._point(i + 1, c) for i, c in enumerate([command, *tail])]
        return message

    def read(self, message: JointTrajectory) -> list[TrajectoryPoint]:
        """Return the points; a point without velocities passes its position at rest."""
        index = self._order.index(message.joint_names)
        if len(message.joint_names) != len(index):
            # As ros2_control does: it has no joints but its own.
            raise MessageError(f"names {len(message.joint_names)} joints, expected {len(index)}")
        if not 0 < len(message.points) <= MAX_POINTS:
            raise MessageError(f"has {len(message.points)} points, expected 1 to {MAX_POINTS}")
        points = [self._read_point(point, index) for point in message.points]
        times = [point.after_s for point in points]
        if times[0] < 0.0 or any(b <= a for a, b in pairwise(times)):
            raise MessageError("has points whose times do not rise")
        return points

    def _point(self, ticks: int, command: Command) -> JointTrajectoryPoint:
        point = JointTrajectoryPoint()
        point.positions = floats(self._units.position_to_driver(command.position))
        point.velocities = floats(self._units.velocity_to_driver(command.velocity))
        nanoseconds = round(ticks * self._period_s * NS_PER_S)
        point.time_from_start.sec, point.time_from_start.nanosec = divmod(nanoseconds, NS_PER_S)
        return point

    def _read_point(self, point: JointTrajectoryPoint, index: np.ndarray) -> TrajectoryPoint:
        after = point.time_from_start
        velocities = point.velocities or [0.0] * len(point.positions)
        command = Command(
            _finite(self._units.position_to_si(_ordered("positions", point.positions, index))),
            _finite(self._units.velocity_to_si(_ordered("velocities", velocities, index))),
        )
        return TrajectoryPoint(after.sec + after.nanosec / NS_PER_S, command)


class ForwardPositionCodec(ControllerCodec):
    """forward_command_controller on positions; its joints must stand in the profile's order."""

    suffix = "commands"
    message_type = Float64MultiArray

    def write(self, command: Command) -> Float64MultiArray:
        """Return the positions."""
        return Float64MultiArray(data=floats(self._units.position_to_driver(command.position)))

    def read(self, message: Float64MultiArray) -> list[TrajectoryPoint]:
        """Return one point, due at once."""
        position = _finite(self._units.position_to_si(_checked(message.data, len(self._names))))
        return [TrajectoryPoint(0.0, Command(position, np.zeros_like(position)))]


class ForwardVelocityCodec(ControllerCodec):
    """forward_command_controller on velocities; its joints must stand in the profile's order."""

    suffix = "commands"
    message_type = Float64MultiArray

    def write(self, command: Command) -> Float64MultiArray:
        """Return the velocities."""
        return Float64MultiArray(data=floats(self._units.velocity_to_driver(command.velocity)))

    def read(self, message: Float64MultiArray) -> list[TrajectoryPoint]:
        """Return one point, due at once; its position means nothing."""
        velocity = _finite(self._units.velocity_to_si(_checked(message.data, len(self._names))))
        return [TrajectoryPoint(0.0, Command(np.zeros_like(velocity), velocity))]


CODECS: dict[ControllerType, type[ControllerCodec]] = {
    ControllerType.JOINT_TRAJECTORY: TrajectoryCodec,
    ControllerType.FORWARD_POSITION: ForwardPositionCodec,
    ControllerType.FORWARD_VELOCITY: ForwardVelocityCodec,
}


def make_codec(spec: RobotSpec) -> ControllerCodec:
    """Return the codec of the profile's controller."""
    return CODECS[spec.controller.type](spec)


def _ordered(part: str, values: Sequence[float], index: np.ndarray) -> Array:
    return _checked(values, len(index), part)[index]


def _checked(values: Sequence[float], size: int, part: str = "data") -> Array:
    if len(values) != size:
        raise MessageError(f"has {len(values)} numbers in {part}, expected {size}")
    return np.asarray(values, dtype=np.float64)


def _finite(values: Array) -> Array:
    """Return values in SI: what was no number, and what is too large for one, is refused."""
    if not np.isfinite(values).all():
        raise MessageError("holds a number that is not finite")
    return values
