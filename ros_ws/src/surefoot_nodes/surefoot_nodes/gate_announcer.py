"""Says what the gate is and does: `safety_state` for everybody, `stop_mode` for the driver."""

from __future__ import annotations

import threading
from typing import Any

from rclpy.node import Node
from std_msgs.msg import String

from rl_agent.safety.gate import Gate
from rl_agent.types import SafetyState

from . import qos
from .gate_reports import GateReport, report_of, write_state


class GateAnnouncer:
    """Publishes both topics (transient local) when something changed, and logs the state."""

    def __init__(self, node: Node, gate: Gate, lock: threading.Lock, logger: Any) -> None:
        self._gate = gate
        self._lock = lock
        self._logger = logger
        self._reported: GateReport | None = None
        self._mode = self._logged = ""
        self.has_let_run = False
        """Whether everybody was ever told that the robot may move."""
        self._state = node.create_publisher(String, "safety_state", qos.LATCHED)
        self._stop_mode = node.create_publisher(String, "stop_mode", qos.LATCHED)

    def announce(self) -> None:
        """Publish what changed since the last time; from any thread."""
        self.tell_mode()
        told, report = self._reported, self._look()
        while report != told:
            self._reported = report
            self._tell(report)
            # Another thread may have told something newer before this: the last word must be true.
            told, report = report, self._look()

    def tell_mode(self) -> None:
        """Tell the driver what to do; before the first command, where the gate was armed."""
        told, mode = self._mode, self._gate.mode
        while mode != told:
            self._stop_mode.publish(String(data=mode))
            self._mode = mode
            told, mode = mode, self._gate.mode

    def is_news(self, state: SafetyState) -> bool:
        """Tell whether a tick's state was not announced yet."""
        return self._reported is None or state is not self._reported.state

    def _look(self) -> GateReport:
        with self._lock:
            return report_of(self._gate.diagnostics())

    def _tell(self, report: GateReport) -> None:
        self._state.publish(write_state(report))
        # Last: who asks may be another thread, and goes on once all is said.
        self.has_let_run |= report.is_armed
        words = f"{report.state}: {report.cause}"
        if words == self._logged:
            return
        self._logged = words
        # Two calls, for a logger refuses another severity at the same place.
        if report.is_alarm:
            self._logger.error(words)
        else:
            self._logger.info(words)
