"""Writes topics to MCAP as they are on the wire, timed on CLOCK_MONOTONIC. See `RecorderNode`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from rl_agent.exceptions import GraphError, Problem, ProfileError
from rl_agent.spec import RobotSpec
from rl_agent.types import Source

from . import qos
from .controller_messages import make_codec
from .node import GuardedNode, run

NAME = "recorder_node"
BAG_VERSION = 9
LATCHED_TOPICS = ("goal", "safety_state")


class RecorderNode(GuardedNode):
    """An independent witness: it takes part in nothing, and shares a process with nobody.

    Subscribes what `topics` names (`NAME:package/msg/Type`), by default all that the profile
    implies, and writes the serialised messages with the time at which the middleware received them,
    moved from the wall clock to CLOCK_MONOTONIC. The recording is whole once the node has ended.
    """

    is_realtime = False

    def __init__(self) -> None:
        super().__init__(NAME)
        self._writer: Any = None
        self.num_messages = 0

    def configure(self) -> None:
        """Open the file and subscribe; recording begins with `activate`."""
        spec = self.load_spec()
        topics = [topic for topic in self.values["topics"] if topic] or default_topics(spec)
        folder = Path(self.values["out"])
        if folder.exists():
            problem = Problem("out", f"{folder} exists already; recordings are never overwritten")
            raise ProfileError(NAME, [problem])
        self._open(folder)
        io = self.make_io()
        for topic in topics:
            name, _, kind = topic.partition(":")
            full = io.resolve_topic_name(name)
            write = self._channel(full, kind)
            latched = name in LATCHED_TOPICS
            profile = qos.LATCHED if latched else qos.RECORDING
            io.create_subscription(_message_class(kind), name, write, profile, raw=True)

    def activate(self) -> None:
        """Write from now on."""
        self.start_loop(lambda: time.monotonic() + 0.1, _nothing)

    def cleanup(self) -> None:
        """Close the file, which makes it whole."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _open(self, folder: Path) -> None:
        try:
            from rosbags.rosbag2 import StoragePlugin, Writer
            from rosbags.typesys import Stores, get_typestore
        except ImportError as error:
            raise GraphError(f"recording needs the `data` extra: {error}") from error
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._store = get_typestore(Stores.ROS2_JAZZY)
        self._writer = Writer(folder, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()

    def _channel(self, topic: str, kind: str) -> Callable[[bytes, dict[str, int]], None]:
        if kind not in self._store.types:
            raise ProfileError(NAME, [Problem("topics", f"{topic}: {kind!r} is no ROS message")])
        connection = self._writer.add_connection(topic, kind, typestore=self._store)
        return partial(self._write, connection)

    def _write(self, connection: Any, data: bytes, info: dict[str, int]) -> None:
        # Both clocks are read now; how long ago the message came is a difference on the wall clock.
        age_ns = time.time_ns() - info["received_timestamp"]
        self._writer.write(connection, time.monotonic_ns() - max(age_ns, 0), data)
        self.num_messages += 1


def default_topics(spec: RobotSpec) -> list[str]:
    """Return `NAME:TYPE` of everything that drives or tells about this robot."""
    controller = make_codec(spec)
    kind = controller.message_type
    package = kind.__module__.split(".")[0]
    joints = ["joint_states", *(f"command_raw/{source}" for source in Source), "applied_command"]
    return [
        *(f"{name}:sensor_msgs/msg/JointState" for name in joints),
        f"{controller.topic}:{package}/msg/{kind.__name__}",
        "goal:geometry_msgs/msg/PoseStamped",
        "safety_state:std_msgs/msg/String",
        "diagnostics:diagnostic_msgs/msg/DiagnosticArray",
    ]


def _message_class(kind: str) -> Any:
    package, _, name = kind.split("/")
    return getattr(import_module(f"{package}.msg"), name)


def _nothing(now_s: float) -> None:
    del now_s


def main() -> int:
    """Run the process."""
    return run(RecorderNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
