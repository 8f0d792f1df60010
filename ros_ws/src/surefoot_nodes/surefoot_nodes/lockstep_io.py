"""A node for data whose messages are counted when sent, and taken in by rounds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from rl_agent.exceptions import GraphError

from .rounds import Rounds

DEPTH = 100
"""Messages that may wait: a lost one would stop everybody."""


class CountedPublisher(Publisher):
    """Knows how many messages it sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self.num_sent = 0

    def publish(self, msg: Any) -> None:
        """Send, and count; from any thread."""
        with self._lock:
            super().publish(msg)
            self.num_sent += 1


class LockstepIo(Node):
    """What `make_io` returns in lock-step; subscriptions that have no part in rounds are served."""

    def __init__(self, name: str, rounds: Rounds, **kwargs: Any) -> None:
        self._rounds = rounds
        super().__init__(name, **kwargs)

    def create_publisher(self, msg_type: Any, topic: str, qos_profile: Any, **kwargs: Any) -> Any:
        """Make one that counts."""
        kwargs["publisher_class"] = CountedPublisher
        return super().create_publisher(msg_type, topic, _lossless(qos_profile), **kwargs)

    def create_subscription(
        self,
        msg_type: Any,
        topic: str,
        callback: Callable[[Any], None],
        qos_profile: Any,
        **kwargs: Any,
    ) -> Any:
        """Make one whose messages wait for their round, if they are of one."""
        name = self.resolve_topic_name(topic)
        if not self._rounds.subscribe(name):
            return super().create_subscription(msg_type, topic, callback, qos_profile, **kwargs)

        def hold(message: Any, info: dict[str, Any]) -> None:
            number = info.get("publication_sequence_number")
            if number is None:
                raise GraphError("lock-step needs a middleware that counts: rmw_fastrtps_cpp")
            self._rounds.put(name, number, partial(callback, message))

        return super().create_subscription(msg_type, topic, hold, _lossless(qos_profile), **kwargs)

    @property
    def sent(self) -> dict[str, int]:
        """Messages sent so far, by full topic name."""
        counted = [p for p in self.publishers if isinstance(p, CountedPublisher)]
        return {publisher.topic_name: publisher.num_sent for publisher in counted}


def _lossless(profile: Any) -> Any:
    """Return a profile under which nothing is lost; of a latched topic the newest counts."""
    if not isinstance(profile, QoSProfile):
        return profile
    if profile.durability is DurabilityPolicy.TRANSIENT_LOCAL:
        return profile
    return QoSProfile(
        history=profile.history,
        depth=max(profile.depth, DEPTH),
        reliability=ReliabilityPolicy.RELIABLE,
        durability=profile.durability,
    )
