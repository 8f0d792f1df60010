"""Writes topics to MCAP as they are on the wire, timed on CLOCK_MONOTONIC. See `RecorderNode`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rl_agent.exceptions import GraphError, Problem, ProfileError

from . import qos
from .node import GuardedNode, run
from .recorded_topics import LATCHED_TOPICS, default_topics, message_class, received_ns

NAME = "recorder_node"
BAG_VERSION = 9


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
            io.create_subscription(message_class(kind), name, write, profile, raw=True)

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
        self._writer.write(connection, received_ns(info), data)
        self.num_messages += 1


def _nothing(now_s: float) -> None:
    del now_s


def main() -> int:
    """Run the process."""
    return run(RecorderNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
