"""Looks out for others who publish where only one may, and tells the gate."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from rclpy.node import Node

from rl_agent.safety.gate import Gate
from rl_agent.safety.signals import Company

from .endpoints import crowd


class CompanyWatch:
    """Asks ROS's graph; to be called by another thread than the one that ticks."""

    def __init__(
        self,
        node: Node,
        gate: Gate,
        lock: threading.Lock,
        controller: str,
        others: Sequence[str],
        strangers: Callable[[str], str] = lambda controller: "",
    ) -> None:
        """Watch the controller's topic and others; `strangers` tells who must not be here."""
        self._strangers = strangers
        self._node = node
        self._gate = gate
        self._lock = lock
        self._topics = (controller, *others)

    def look(self) -> str:
        """Return who else publishes in words; empty if nobody."""
        controller, *others = self._topics
        grave = crowd(self._node, controller) or self._strangers(controller)
        found = grave or next((w for topic in others if (w := crowd(self._node, topic))), "")
        with self._lock:
            # Whoever commands the controller may have moved the robot past the gate.
            self._gate.on_signal(Company(found, is_final=bool(grave)))
        return found
