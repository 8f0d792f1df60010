"""After a fall of a twin that learns: it is set on its feet, and the gate armed again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from rl_agent.types import Reason, SafetyState

from . import qos
from .bringup import Bringup
from .gate_reports import GateReport, read_state

RETRY_S = 0.5
ANSWER_S = 1.0
FALL = (str(Reason.FALL.name),)


class GettingUp:
    """An `Onlooker` for twins only: on hardware, arming stays a person's.

    It undoes nothing but a fall: whatever else stopped the robot waits for its operator, and so
    does a gate that somebody else has reset.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """Tell each fall through `say`."""
        self._say = say
        self._bringup: Bringup | None = None
        self._report: GateReport | None = None
        self._tried_s = 0.0
        self._is_helped = False
        self._has_reset = False
        """Whether the gate is UNARMED by our own reset."""
        self.num_falls = 0

    def attach(self, node: Node, bringup: Bringup) -> None:
        """Listen to the gate."""
        self._bringup = bringup
        node.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)

    def look(self) -> bool:
        """Do the next step, if the robot lies; never ends the graph."""
        now_s = time.monotonic()
        if self._report is not None and now_s - self._tried_s >= RETRY_S:
            self._tried_s = now_s
            self._step(self._report)
        return False

    def _step(self, report: GateReport) -> None:
        """Ask for what is due: help, a reset, or to be armed. Each may be refused at first."""
        if report.reasons == FALL:
            if self._is_helped:
                self._reset()
            else:
                self._ask_for_help()
        elif report.state is SafetyState.UNARMED and self._has_reset:
            answer = self._call(SetBool, "arm", SetBool.Request(data=True))
            if answer is not None and not answer.success:
                # Perhaps nobody holds it any more.
                self._call(Trigger, "stand_up", Trigger.Request())

    def _reset(self) -> None:
        answer = self._call(Trigger, "reset", Trigger.Request())
        # While the answer came, somebody may have stopped it again.
        self._has_reset = self._is_helped and answer is not None and answer.success

    def _ask_for_help(self) -> None:
        answer = self._call(Trigger, "stand_up", Trigger.Request())
        # Refused while it still brakes; once it is let go, somebody comes.
        if answer is not None and answer.success:
            self._is_helped = True
            self.num_falls += 1
            self._say(f"fall {self.num_falls}: {answer.message}")

    def _call(self, kind: type, name: str, request: object) -> Any:
        assert self._bringup is not None
        return self._bringup.client.call(kind, name, request, ANSWER_S)

    def _on_safety_state(self, message: String) -> None:
        report = read_state(message)
        if report is None:
            return
        self._report = report
        if report.reasons != FALL and report.state is not SafetyState.UNARMED:
            # It is armed again, or somebody stopped it: nothing that we began goes on.
            self._is_helped = self._has_reset = False
