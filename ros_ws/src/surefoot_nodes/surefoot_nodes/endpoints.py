"""Who else is on a topic, as ROS's graph knows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rclpy.node import Node

PROBE_S = 0.05
UNKNOWN = "_NODE_NAME_UNKNOWN_"
"""What ROS calls the owner of an endpoint whose name it has yet to learn."""
PATIENT_LOOKS = 5


def publishers(node: Node, topic: str) -> list[str]:
    """Return the full names of the nodes that publish a topic."""
    return [_full_name(info) for info in node.get_publishers_info_by_topic(_full(node, topic))]


def subscribers(node: Node, topic: str) -> list[str]:
    """Return the full names of the nodes that subscribe to a topic."""
    return [_full_name(info) for info in node.get_subscriptions_info_by_topic(_full(node, topic))]


def crowd(node: Node, topic: str) -> str:
    """Return in words who publishes a topic on which only one may; empty where that holds."""
    names = publishers(node, topic)
    if len(names) < 2:
        return ""
    return f"{len(names)} nodes publish {topic}, one may: {', '.join(names)}"


def without(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return `names` without those whose last part is `known`; each known name hides one."""
    left, rest = list(known), []
    for name in names:
        base = name.rsplit("/", 1)[-1]
        if base in left:
            left.remove(base)
        # `ros2 topic echo` and its like only look.
        elif not base.startswith("_ros2cli"):
            rest.append(name)
    return rest


class Suspicion:
    """Waits for the names of endpoints before they count as company.

    A busy machine learns of an endpoint, or again of one that it had forgotten, before it learns
    whose it is: that may be somebody who is known.
    """

    def __init__(self) -> None:
        self._looks = 0

    def is_sure(self, company: Sequence[str]) -> bool:
        """Tell whether somebody is there, from what one look found; five nameless looks suffice."""
        self._looks = self._looks + 1 if company else 0
        has_name = any(UNKNOWN not in words for words in company)
        return has_name or self._looks >= PATIENT_LOOKS


def wait_until_clear(
    find: Callable[[], Sequence[str]], settle_s: float, patience_s: float
) -> Sequence[str]:
    """Return what `find` still finds; empty once it found nothing for `settle_s` in a row.

    Discovery takes its time, and so does forgetting a process that was killed: up to `patience_s`
    is waited.
    """
    start_s = clear_s = time.monotonic()
    while True:
        found = find()
        now_s = time.monotonic()
        if found:
            clear_s = now_s
        if now_s - clear_s >= settle_s:
            return []
        if found and now_s - start_s >= patience_s:
            return found
        time.sleep(PROBE_S)


def _full(node: Node, topic: str) -> str:
    return node.resolve_topic_name(topic)


def _full_name(info: object) -> str:
    namespace = str(info.node_namespace).rstrip("/")  # type: ignore[attr-defined]
    return f"{namespace}/{info.node_name}"  # type: ignore[attr-defined]
