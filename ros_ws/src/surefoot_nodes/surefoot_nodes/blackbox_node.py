"""Keeps the last seconds in memory, and writes them when the gate trips. See `BlackboxNode`."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rclpy.serialization import deserialize_message
from std_msgs.msg import String

from rl_agent.data.black_box import BlackBox, BlackBoxConfig, Box, GateState
from rl_agent.data.black_box_file import BoxLabel, remove_unfinished, write_box
from rl_agent.exceptions import Problem, ProfileError

from . import qos
from .gate_reports import read_state
from .node import GuardedNode, run
from .recorded_topics import LATCHED_TOPICS, default_topics, message_class, received_ns

NAME = "blackbox_node"
LOOK_S = 0.05
MOST_AT_ONCE = 500
"""Of one topic's messages at each look: a flood costs no more than this."""
MOST_WRITERS = 3
"""Boxes that a hanging disk may keep waiting."""
LAST_WORDS_S = 1.0


class BlackboxNode(GuardedNode):
    """Shell around `rl_agent.data.black_box.BlackBox`.

    Subscribes what `topics` names, by default all that the profile implies, best effort (a reader
    that hangs asks nothing of who publishes) and serialised. No message wakes it: twenty times a
    second it takes what has come, and a box is written by a thread of its own. On an alarm in
    `safety_state`, and where an armed gate falls silent, `folder` gets a `trip-<UTC>-<n>`.
    """

    is_realtime = False
    is_background = True

    def __init__(self) -> None:
        super().__init__(NAME)
        self._ears: dict[str, Any] = {}
        self._timer: Any = None
        self._box: BlackBox | None = None
        self._writers: list[threading.Thread] = []

    def configure(self) -> None:
        """Subscribe; without rosbags say so and do nothing."""
        spec = self.load_spec()
        if importlib.util.find_spec("rosbags") is None:
            self.get_logger().warning("no black box: it needs the `data` extra (rosbags)")
            return
        self._folder = Path(self.values["folder"]).absolute()
        self._prepare(self._folder)
        listed = [topic for topic in self.values["topics"] if topic] or default_topics(spec)
        kinds = dict(topic.partition(":")[::2] for topic in listed)
        io = self.make_io()
        full = {name: io.resolve_topic_name(name) for name in kinds}
        self._ears = {
            full[name]: io.create_subscription(
                _class_of(name, kind), name, _nothing, _quality(name), raw=True
            )
            for name, kind in kinds.items()
        }
        self._state_topic = io.resolve_topic_name("safety_state")
        self._box = BlackBox(
            list(self._ears),
            latched=[full[name] for name in LATCHED_TOPICS if name in full],
            commands=io.resolve_topic_name("applied_command"),
            config=BlackBoxConfig(before_s=self.values["before_s"], after_s=self.values["after_s"]),
        )
        about = {"robot": spec.name, "policy_hz": spec.policy_hz, "gate_hz": spec.gate_hz}
        about |= {"namespace": io.get_namespace(), "profile_source": str(spec.source)}
        self._label = BoxLabel(
            profile=Path(str(spec.source)).read_text(encoding="utf-8"),
            about={**about, "surefoot": version("surefoot")},
            kinds={full[name]: kind for name, kind in kinds.items()},
            max_boxes=self.values["max_boxes"],
        )

    def activate(self) -> None:
        """Remember from now on."""
        if self._box is not None:
            self._timer = self.every(LOOK_S, self._look)

    def deactivate(self) -> None:
        """Write what a trip just now would still have waited for."""
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        box = self._box.take_pending() if self._box is not None else None
        if box is not None:
            self._start_writing(box)

    def cleanup(self) -> None:
        """Let the writers end."""
        deadline_s = time.monotonic() + LAST_WORDS_S
        for writer in self._writers:
            writer.join(max(deadline_s - time.monotonic(), 0.0))
        self._ears = {}
        self._box = None

    def _prepare(self, folder: Path) -> None:
        """Say before the first trip what would be in the way then."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            remove_unfinished(folder)
        except OSError as error:
            self.get_logger().warning(f"black boxes cannot be written to {folder}: {error}")

    def _look(self) -> None:
        assert self._box is not None
        for topic, subscription in self._ears.items():
            for _ in range(MOST_AT_ONCE):
                with subscription.handle:
                    taken = subscription.handle.take_message(subscription.msg_type, True)
                if taken is None:
                    break
                self._on_message(self._box, topic, *taken)
        box = self._box.due(time.monotonic_ns())
        if box is not None:
            self._start_writing(box)

    def _on_message(self, black_box: BlackBox, topic: str, data: bytes, info: Any) -> None:
        time_ns = received_ns(info)
        black_box.add(topic, time_ns, data)
        if topic != self._state_topic:
            return
        report = read_state(deserialize_message(data, String))
        if report is not None:
            state = GateState(
                report.state.value, report.cause, report.reasons, report.is_armed, report.is_alarm
            )
            black_box.on_state(state, time_ns)

    def _start_writing(self, box: Box) -> None:
        self._writers = [writer for writer in self._writers if writer.is_alive()]
        if len(self._writers) >= MOST_WRITERS:
            self.get_logger().warning("black box lost: the disk still writes earlier ones")
            return
        self._writers.append(threading.Thread(target=self._write, args=[box], daemon=True))
        self._writers[-1].start()

    def _write(self, box: Box) -> None:
        try:
            utc = datetime.now(UTC) - timedelta(microseconds=_age_ns(box) / 1000)
            path = write_box(self._folder, box, replace(self._label, utc=utc))
        except Exception as error:  # a disk that is full must not end the black box
            self.get_logger().warning(f"black box not written to {self._folder}: {error}")
            return
        # As a warning, so that it is seen: whoever sees the trip wants to know where to look.
        self.get_logger().warning(f"black box written: surefoot explain {path}")


def _age_ns(box: Box) -> int:
    return time.monotonic_ns() - box.trip.time_ns


def _class_of(name: str, kind: str) -> Any:
    try:
        return message_class(kind)
    except (ImportError, AttributeError, ValueError) as error:
        problem = Problem("topics", f"{name}: {kind!r} is no ROS message")
        raise ProfileError(NAME, [problem]) from error


def _quality(name: str) -> Any:
    return qos.LATCHED_HISTORY if name in LATCHED_TOPICS else qos.LOOKING_ON


def _nothing(message: object) -> None:
    """Stand where a callback is wanted; messages are taken, not awaited."""
    del message


def main() -> int:
    """Run the process."""
    return run(BlackboxNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
