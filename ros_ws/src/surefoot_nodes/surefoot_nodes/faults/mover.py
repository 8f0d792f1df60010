"""A policy that keeps the first joint in motion, so that every fault finds a robot that moves.

`python -m surefoot_nodes.faults.mover --robot so101`. Proposes a sine about home, stamped like the
reading behind it, and stands in for any source. A process of its own, up in a second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command

FREQUENCY_HZ = 0.6
SHARE = 0.5
"""Of the speed limit, at the fastest point."""
RETURN_S = 0.5
"""Time constant of the way from where it was armed to home."""
RESTS = ("UNARMED", "STOPPED")


class Weave:
    """Position and velocity of the command joints as a function of time."""

    def __init__(self, spec: RobotSpec, share: float = SHARE) -> None:
        index = list(spec.command_index)
        self._home = np.array(spec.home)[index]
        self._start, self._start_s = self._home, 0.0
        self._omega = 2.0 * np.pi * FREQUENCY_HZ
        joint = spec.command_joints[0]
        room = 0.8 * min(joint.upper - joint.home, joint.home - joint.lower)
        self._amplitude = min(share * joint.max_velocity / self._omega, room)

    def begin(self, position: Array, now_s: float) -> None:
        """Start anew from command positions (num_commands,)."""
        self._start, self._start_s = np.array(position), now_s

    def command(self, now_s: float) -> Command:
        """Return where to be at `now_s`, and how fast."""
        age_s = now_s - self._start_s
        left = np.exp(-age_s / RETURN_S)
        position = self._home + (self._start - self._home) * left
        velocity = -(self._start - self._home) * left / RETURN_S
        phase = self._omega * age_s
        position[0] += self._amplitude * np.sin(phase)
        velocity[0] += self._amplitude * self._omega * np.cos(phase)
        return Command(position, velocity)


def main(arguments: Sequence[str] | None = None) -> int:
    """Propose until SIGINT or SIGTERM, or until the time is over."""
    import rclpy
    from rclpy.executors import ExternalShutdownException

    from surefoot_nodes import realtime

    realtime.die_with_parent()
    options = _parse(arguments)
    spec = load_robot(options.robot, policy_hz=options.policy_hz or None)
    with realtime.fifo_for_new_threads():
        rclpy.init()
        node = rclpy.create_node(f"mover_{options.source}")
    if not options.ordinary:
        realtime.use_fifo()  # as the policy's control thread
    _Mover(node, spec, options)
    end_s = time.monotonic() + options.seconds
    try:
        while time.monotonic() < end_s:
            rclpy.spin_once(node, timeout_sec=0.1)
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    return 0


class _Mover:
    """Answers every n-th joint_states with a proposal."""

    def __init__(self, node: Any, spec: RobotSpec, options: argparse.Namespace) -> None:
        from sensor_msgs.msg import JointState
        from std_msgs.msg import String

        from surefoot_nodes import qos
        from surefoot_nodes.conversions import CommandCodec, MeasurementCodec
        from surefoot_nodes.stamps import StampScale

        stamps = StampScale()
        self._measurements, self._commands = (
            MeasurementCodec(spec, stamps),
            CommandCodec(spec, stamps),
        )
        self._weave = Weave(spec, options.share)
        self._index = list(spec.command_index)
        self._period_s = spec.policy_period_s
        self._every = max(1, round(spec.state_hz / spec.policy_hz))
        self._offset = options.offset
        self._count, self._is_moving = 0, False
        self._state = ""
        topic = f"command_raw/{options.source}"
        self._publisher = node.create_publisher(JointState, topic, qos.COMMANDS)
        node.create_subscription(JointState, "joint_states", self._on_reading, qos.STATES_IN)
        node.create_subscription(String, "safety_state", self._on_state, qos.LATCHED)

    def _on_reading(self, message: Any) -> None:
        self._count += 1
        now_s = time.monotonic()
        reading = self._measurements.read(message, now_s)
        if self._count % self._every or not reading.is_finite():
            return
        position = reading.position[self._index]
        if self._state in RESTS or not self._is_moving:
            self._weave.begin(position, now_s)
            self._is_moving = self._state not in RESTS
        command = self._weave.command(now_s + self._period_s)
        if self._offset and self._state not in RESTS:
            command = Command(command.position + self._offset, command.velocity)
        self._publisher.publish(self._commands.write(command, reading.stamp_s))

    def _on_state(self, message: Any) -> None:
        from surefoot_nodes.gate_reports import read_state

        report = read_state(message)
        self._state = report.state.value if report else ""
        if self._state in RESTS:
            self._is_moving = False


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mover", description=__doc__)
    parser.add_argument("--robot", required=True)
    parser.add_argument("--source", default="policy", choices=("policy", "human", "mpc"))
    parser.add_argument("--policy-hz", type=float, default=0.0)
    parser.add_argument("--share", type=float, default=SHARE, help="of the speed limit")
    parser.add_argument("--offset", type=float, default=0.0, help="added to all positions [rad]")
    parser.add_argument("--ordinary", action="store_true", help="no real-time priority")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
