"""Sends as many messages as it can on one topic, and tells how many that were.

`python -m surefoot_nodes.faults.flood --topic joint_states --seconds 5`. A well-formed message,
serialised once: what arrives is checked and thrown away, or not, by whoever listens.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

BATCH = 100
NICER = 15
SETTLES_S = 1.0
KINDS = {
    "estop": "std_msgs/Bool",
    "joy": "sensor_msgs/Joy",
    "presence": "std_msgs/Empty",
}
"""Types by topic; all others are sensor_msgs/JointState."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Flood until the time is over."""
    import rclpy
    from rclpy.serialization import serialize_message

    from surefoot_nodes import qos, realtime

    realtime.die_with_parent()
    options = _parse(arguments)
    rclpy.init()
    node = rclpy.create_node("flood")
    message = _message(options)
    # Readings need no answer from whoever listens, and so come faster.
    profile = qos.STATES_IN if options.topic == "joint_states" else options.depth
    publisher = node.create_publisher(type(message), options.topic, profile)
    data = serialize_message(message)
    time.sleep(SETTLES_S)  # until the two ends have found each other
    print(f"begins {time.monotonic()}", flush=True)
    # Before its neighbours, but never a real-time thread: one that does not rest uses up the share
    # of time that Linux gives to all of them, and the gate's would be gone too.
    with contextlib.suppress(PermissionError):
        os.nice(-NICER)
    count, seconds = _send(publisher, data, options)
    print(f"sent {count} {seconds:.3f}", flush=True)
    rclpy.shutdown()
    return 0


def _send(publisher: Any, data: bytes, options: argparse.Namespace) -> tuple[int, float]:
    batch = BATCH if options.rate >= 1000 else 1
    count, start_s = 0, time.monotonic()
    handle = publisher.handle
    with handle:
        send = handle.publish_raw  # what `publish` comes to for bytes, less its questions each time
        while (now_s := time.monotonic()) - start_s < options.seconds:
            if count >= options.rate * (now_s - start_s):
                time.sleep(0.0005)
                continue
            for _ in range(batch):
                send(data)
            count += batch
    return count, time.monotonic() - start_s


def _message(options: argparse.Namespace) -> Any:
    from importlib import import_module

    kind = KINDS.get(options.topic, "sensor_msgs/JointState")
    package, _, name = kind.partition("/")
    message = getattr(import_module(f"{package}.msg"), name)()
    if name == "JointState":
        from rl_agent.robots.profile import load_robot

        spec = load_robot(options.robot)
        is_command = options.topic.startswith("command_raw")
        names = list(spec.command_names if is_command else spec.joint_names)
        names += [f"extra_{i}" for i in range(options.extra)]
        message.name = names
        message.position = message.velocity = [0.0] * len(names)
        message.header.stamp.sec = 1
    elif name == "Joy":
        message.buttons, message.axes = [0] * 12, [0.0] * 6
    return message


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="flood", description=__doc__)
    parser.add_argument("--robot", default="so101")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=50_000.0, help="messages per second, at most")
    parser.add_argument("--extra", type=int, default=0, help="joints that nobody knows")
    parser.add_argument("--depth", type=int, default=10)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
