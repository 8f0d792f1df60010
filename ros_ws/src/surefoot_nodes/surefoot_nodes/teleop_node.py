"""A joystick as a source of proposals. See `TeleopNode`."""

from __future__ import annotations

import sys
import time

import numpy as np
from sensor_msgs.msg import JointState, Joy

from rl_agent.types import Command, Measurement

from . import qos
from .applied_watch import AppliedWatch
from .conversions import CommandCodec, MeasurementCodec, MessageError
from .grid import Grid
from .node import GuardedNode, run
from .stamps import StampScale
from .teleop import Teleop

NAME = "teleop_node"
POLL_S = 0.01
"""How soon a button's release is acted on."""
FRESH_S = 0.1
"""Older readings and applied commands say nothing about where the robot is."""


class TeleopNode(GuardedNode):
    """Shell around `Teleop`.

    Subscribes `joy`, `joint_states` (best effort) and `applied_command`. Publishes
    `command_raw/human` at policy_hz while the dead-man's button is held, a set-point at rest once
    when it is released or `joy` falls silent, and then nothing. The gate prefers it to a policy.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self._reading: Measurement | None = None
        self._proposed_s = -np.inf
        self._stamp_s = -np.inf

    def configure(self) -> None:
        """Make the core and the topics."""
        self._spec = spec = self.load_spec()
        self._teleop = Teleop(
            spec, deadman_button=self.values["deadman_button"], speed=self.values["speed"]
        )
        self._index = list(spec.command_index)
        stamps = StampScale()
        self._measurements = MeasurementCodec(spec, stamps)
        self._commands = CommandCodec(spec, stamps)
        io = self.make_io()
        self._publisher = io.create_publisher(JointState, "command_raw/human", qos.COMMANDS)
        io.create_subscription(Joy, "joy", self._on_joy, qos.COMMANDS)
        io.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)
        self._applied = AppliedWatch(io, self._commands, FRESH_S)

    def activate(self) -> None:
        """Begin to listen; nothing is proposed before the button is held."""
        self._grid = Grid(POLL_S, time.monotonic())
        self.start_loop(lambda: self._grid.deadline_s, self._step)

    def _step(self, now_s: float) -> None:
        self._grid.advance(now_s)
        is_due = now_s - self._proposed_s >= self._spec.policy_period_s - 0.5 * POLL_S
        reading = self._reading
        if reading is None or not (is_due or self._teleop.wants_rest(now_s)):
            return
        # A stamp is the sequence number: without a new reading nothing new can be said.
        if now_s - reading.received_s > FRESH_S or reading.stamp_s <= self._stamp_s:
            return
        command = self._teleop.propose(now_s, self._where(reading))
        if command is None:
            return
        self._proposed_s, self._stamp_s = now_s, reading.stamp_s
        self._publisher.publish(self._commands.write(command, reading.stamp_s))

    def _where(self, reading: Measurement) -> Command:
        if (applied := self._applied.newest) is not None:
            return applied
        position = reading.position[self._index]
        return Command(position, np.zeros_like(position))

    def _on_joy(self, message: Joy) -> None:
        self._teleop.hear(message.axes, message.buttons, time.monotonic())

    def _on_joint_states(self, message: JointState) -> None:
        try:
            self._reading = self._measurements.read(message, time.monotonic())
        except MessageError as error:
            self._complain("joint_states", error)

    def _complain(self, topic: str, error: MessageError) -> None:
        self.get_logger().warning(f"{topic} {error}", throttle_duration_sec=2.0)


def main() -> int:
    """Run the process."""
    return run(TeleopNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
