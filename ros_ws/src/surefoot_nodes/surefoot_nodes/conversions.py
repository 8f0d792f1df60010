"""Messages to measurements and commands, and back: joints by name, checked at this edge.

rclpy does not check fields by default: an int or a numpy scalar in a float64 field goes out as
garbage. So every number here is cast, and every length compared. Numbers that are not finite pass:
whether they stop the robot is the gate's decision, and it counts them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState

from rl_agent.spec import RobotSpec
from rl_agent.types import SHARES, Array, Command, GateOutput, Measurement

from .driver_units import DriverUnits
from .stamps import StampScale

MAX_JOINTS = 256
"""No robot of ours has more; a message that has them is a mistake or an attack."""
MAX_SHOWN = 200
"""Letters of foreign text in a message of ours."""


class MessageError(ValueError):
    """A message that cannot be used; the text says what was expected and found."""


class JointOrder:
    """Finds the wanted joints in messages, whatever their order and whatever else they hold."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._seen: list[str] | None = None
        self._index = np.zeros(0, dtype=np.intp)

    def index(self, names: Sequence[str]) -> np.ndarray:
        """Return (num_wanted,) where each wanted joint stands in a message's `names`.

        Raises:
            MessageError: One is missing or stands there twice.
        """
        # Drivers send the same names every time: one comparison instead of a search.
        if names != self._seen:
            self._index = self._find(list(names))
            self._seen = list(names)
        return self._index

    def _find(self, names: list[str]) -> np.ndarray:
        if len(names) > MAX_JOINTS:
            raise MessageError(f"{len(names)} joints, at most {MAX_JOINTS} are read")
        missing = [name for name in self._names if name not in names]
        if missing:
            # Names come from anybody: a log line must stay a line.
            has = ", ".join(name[:MAX_SHOWN] for name in names) or "no joints"
            raise MessageError(f"lacks {', '.join(missing)}; has {has!r:.{MAX_SHOWN}}")
        doubled = sorted({name for name in self._names if names.count(name) > 1})
        if doubled:
            raise MessageError(f"names {', '.join(doubled)} twice")
        return np.array([names.index(name) for name in self._names], dtype=np.intp)


def _pick(part: str, values: Sequence[float], index: np.ndarray, size: int) -> Array:
    if len(values) != size:
        raise MessageError(f"has {size} names but {len(values)} numbers in {part}")
    return np.asarray(values, dtype=np.float64)[index]


def floats(values: Array) -> array[float]:
    """Return what a float64[] field takes without a check per element."""
    return array("d", np.asarray(values, dtype=np.float64).tobytes())


class MeasurementCodec:
    """joint_states in the driver's units to and from `Measurement`."""

    def __init__(self, spec: RobotSpec, stamps: StampScale) -> None:
        self._names = list(spec.joint_names)
        self._order = JointOrder(self._names)
        self._units = DriverUnits(spec.joints)
        self._stamps = stamps

    def read(self, message: JointState, received_s: float) -> Measurement:
        """Return the reading, received at `received_s` on the steady clock [s].

        Raises:
            MessageError: A joint or its velocity is missing.
        """
        index = self._order.index(message.name)
        size = len(message.name)
        if not message.velocity:
            raise MessageError("has no velocities; let the driver publish them")
        position = _pick("position", message.position, index, size)
        velocity = _pick("velocity", message.velocity, index, size)
        effort = _pick("effort", message.effort, index, size) if message.effort else None
        return Measurement(
            stamp_s=self._stamps.to_seconds(message.header.stamp),
            position=self._units.position_to_si(position),
            velocity=self._units.velocity_to_si(velocity),
            received_s=received_s,
            effort=None if effort is None else self._units.effort_to_si(effort),
        )

    def write(self, measurement: Measurement) -> JointState:
        """Return what the robot's driver would publish."""
        message = JointState(name=self._names)
        self._stamps.write(measurement.stamp_s, message.header.stamp)
        message.position = floats(self._units.position_to_driver(measurement.position))
        message.velocity = floats(self._units.velocity_to_driver(measurement.velocity))
        if measurement.effort is not None:
            message.effort = floats(self._units.effort_to_si(measurement.effort))
        return message


class AppliedTags(NamedTuple):
    """What an applied command tells of its tick."""

    reasons: int
    source: str
    state: str
    shares: Array
    """(3,) as in `SHARES` [rad/s or m/s]."""


class CommandCodec:
    """Proposals and applied commands: JointState in SI and profile order, to and from `Command`."""

    def __init__(self, spec: RobotSpec, stamps: StampScale) -> None:
        self._names = list(spec.command_names)
        self._order = JointOrder(self._names)
        self._stamps = stamps

    def read(self, message: JointState) -> tuple[Command, float]:
        """Return the command and the stamp [s] of the observation behind it.

        Raises:
            MessageError: A joint, its position or its velocity is missing.
        """
        index = self._order.index(message.name)
        size = len(message.name)
        command = Command(
            position=_pick("position", message.position, index, size),
            velocity=_pick("velocity", message.velocity, index, size),
        )
        return command, self._stamps.to_seconds(message.header.stamp)

    def write(self, command: Command, stamp_s: float, tags: str = "") -> JointState:
        """Return the message; `tags` goes into the frame's name."""
        message = JointState(name=self._names)
        self._stamps.write(stamp_s, message.header.stamp)
        message.header.frame_id = tags
        message.position = floats(command.position)
        message.velocity = floats(command.velocity)
        return message


def output_tags(output: GateOutput) -> str:
    """Return `tick=7;reasons=0;source=policy;state=ARMED`; no source while braking or holding.

    Where the transition's limits changed the command, `;shares=0.1,0,0` follows, as in `SHARES`.
    """
    source = output.source.value if output.source is not None else ""
    tags = f"tick={output.tick};reasons={int(output.reasons)};source={source};state={output.state}"
    shares = [output.shares.get(reason, 0.0) for reason in SHARES]
    return tags + (f";shares={','.join(f'{x:.6g}' for x in shares)}" if any(shares) else "")


def read_tags(text: str) -> AppliedTags | None:
    """Return what `output_tags` wrote; None if it is something else."""
    try:
        tags = dict(part.split("=", 1) for part in text.split(";"))
        shares = np.array([float(x) for x in tags.get("shares", "0,0,0").split(",")])
        found = AppliedTags(int(tags["reasons"]), tags["source"], tags["state"], shares)
    except (ValueError, KeyError):
        return None
    is_sound = shares.shape == (len(SHARES),) and np.isfinite(shares).all()
    return found if is_sound and 0 <= found.reasons < 2**32 else None


class Goal(NamedTuple):
    """What a task is asked for."""

    position: Array
    """(3,) in the base frame [m]."""


def read_goal(message: PoseStamped, base_frame: str) -> Goal:
    """Return the goal of a PoseStamped.

    Raises:
        MessageError: Another frame than the base's, or a number that is not finite.
    """
    frame = message.header.frame_id
    if frame not in ("", base_frame):
        raise MessageError(f"is given in {frame!r:.{MAX_SHOWN}}, expected {base_frame!r}")
    point = message.pose.position
    position = np.array([point.x, point.y, point.z], dtype=np.float64)
    if not np.isfinite(position).all():
        raise MessageError(f"is not finite: {position.tolist()}")
    return Goal(position)


def write_goal(position: Array, base_frame: str) -> PoseStamped:
    """Return the message for a goal position (3,) in the base frame [m], its stamp left at 0."""
    message = PoseStamped()
    message.header.frame_id = base_frame
    point = message.pose.position
    point.x, point.y, point.z = (float(value) for value in position)
    message.pose.orientation.w = 1.0
    return message
