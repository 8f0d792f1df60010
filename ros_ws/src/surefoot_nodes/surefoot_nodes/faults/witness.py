"""Sees what is on the wire and tells it, line by line, to whoever started it. A process of its own.

`python -m surefoot_nodes.faults.witness --robot so101`. Times are those at which the middleware
received a message, moved to CLOCK_MONOTONIC: they don't depend on how busy this process is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

NAME = "fault_witness"
READY = "ready"
DEPTH = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch until SIGINT or SIGTERM."""
    import rclpy
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

    from surefoot_nodes import realtime

    realtime.die_with_parent()
    options = _parse(arguments)
    # The middleware's own threads note when a message came: they must not be kept waiting.
    with realtime.fifo_for_new_threads():
        rclpy.init()
        node = rclpy.create_node(NAME)
    _subscribe(node, options.robot, options.only)
    realtime.use_fifo(realtime.BACKGROUND_PRIORITY)  # what it tells decides when a fault sets in
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    print(READY, flush=True)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException, BrokenPipeError):
        return 0
    return 0


def _subscribe(node: Any, robot: str, only: Sequence[str]) -> None:
    from rclpy.qos import QoSProfile
    from sensor_msgs.msg import JointState
    from std_msgs.msg import String

    from rl_agent.robots.profile import load_robot
    from surefoot_nodes import qos
    from surefoot_nodes.controller_messages import make_codec

    spec = load_robot(robot)
    codec = make_codec(spec)
    everything = QoSProfile(depth=DEPTH)

    def watch(kind: Any, topic: str, write: Callable[[Any], list[Any]], profile: Any) -> None:
        if only and topic not in only:
            return

        def on_message(message: Any, info: dict[str, int]) -> None:
            age_s = max(time.time_ns() - info["received_timestamp"], 0) / 1e9
            name, *rest = write(message)
            sys.stdout.write(json.dumps([name, time.monotonic() - age_s, *rest]) + "\n")
            sys.stdout.flush()

        node.create_subscription(kind, topic, on_message, profile)

    command, joints = list(spec.command_names), list(spec.joint_names)
    watch(JointState, "joint_states", _joints("joints", joints), qos.STATES_IN)
    watch(JointState, "joint_states_true", _joints("truth", joints), qos.STATES_IN)
    watch(JointState, "command_raw/policy", _joints("proposal", command), everything)
    watch(JointState, "command_raw/human", _joints("human", command), everything)
    watch(JointState, "applied_command", _applied, everything)
    watch(codec.message_type, codec.topic, lambda message: _wire(codec, message), everything)
    watch(String, "safety_state", _state, qos.LATCHED)


def _joints(kind: str, names: list[str]) -> Callable[[Any], list[Any]]:
    def write(message: Any) -> list[Any]:
        if list(message.name) == names:
            return [kind, _stamp(message), list(message.position), list(message.velocity)]
        order = {name: index for index, name in enumerate(message.name)}
        nothing = float("nan")
        values = [
            [part[order[n]] if order.get(n, len(part)) < len(part) else nothing for n in names]
            for part in (message.position, message.velocity)
        ]
        return [kind, _stamp(message), *values]

    return write


def _applied(message: Any) -> list[Any]:
    tags = dict(part.split("=", 1) for part in message.header.frame_id.split(";"))
    head = [int(tags["tick"]), tags["state"], tags["source"], int(tags["reasons"])]
    return ["applied", _stamp(message), *head, list(message.position), list(message.velocity)]


def _state(message: Any) -> list[Any]:
    content = json.loads(message.data)
    return ["state", content["state"], content["cause"]]


def _wire(codec: Any, message: Any) -> list[Any]:
    from surefoot_nodes.conversions import MessageError

    try:
        codec.read(message)  # refuses numbers that are not finite
    except MessageError:
        return ["wire", False]
    return ["wire", True]


def _stamp(message: Any) -> int:
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--robot", required=True)
    parser.add_argument("--only", nargs="*", default=[], help="listen to these topics alone")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
