"""Takes a graph's nodes from unconfigured to active, in order, and keeps them configured."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import SetBool

from rl_agent.exceptions import GraphError

from . import qos
from .gate_reports import GateReport, read_state
from .lifecycle_client import LifecycleClient

APPEAR_S = 20.0
CONFIGURE_S = 20.0
"""Loading a policy, looking out for a real robot."""
ACTIVATE_S = 5.0
ANSWER_S = 1.0
ARM_S = 5.0
ARM_RETRY_S = 0.2

PASSIVE = ("blackbox_node", "learner_node", "link_node")
"""They move nothing, so that they go on by themselves when they were started again."""

Say = Callable[[str], None]


class Bringup:
    """Drives nodes by their names; who starts their processes is not its business."""

    def __init__(
        self,
        node: Node,
        executor: SingleThreadedExecutor,
        names: Sequence[str],
        *,
        say: Say,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare it; `names` in the order of activation, `check` raises to give up."""
        self._names = list(names)
        self._say = say
        self._check = check
        self._executor = executor
        self.client = LifecycleClient(node, executor, check)
        self.report: GateReport | None = None
        """The gate's newest."""
        node.create_subscription(String, "safety_state", self._on_safety_state, qos.LATCHED)

    def start(self) -> None:
        """Configure all nodes, then activate them one by one.

        Raises:
            GraphError: One did not appear, or would not be configured or activated.
        """
        missing = self.client.wait_for(self._names, APPEAR_S)
        if missing:
            raise GraphError(f"{', '.join(missing)} did not answer within {APPEAR_S:g} s")
        self._insist(self._names, "configure", CONFIGURE_S)
        for name in self._names:
            self._insist([name], "activate", ACTIVATE_S)

    def arm(self) -> None:
        """Arm the gate, waiting for its first readings. For twins only.

        Raises:
            GraphError: The gate refused, with its reason.
        """
        deadline_s = time.monotonic() + ARM_S
        while True:
            answer = self.client.call(SetBool, "arm", SetBool.Request(data=True), ARM_S)
            if answer is not None and answer.success:
                return
            if time.monotonic() > deadline_s:
                reason = answer.message if answer is not None else "safety_node does not answer"
                raise GraphError(f"arming failed: {reason}")
            self.idle(ARM_RETRY_S)

    def tend(self, names: Sequence[str]) -> list[str]:
        """Configure nodes that were started again; return them. What may move stays inactive."""
        states = self.client.states(names, ANSWER_S)
        fresh = [name for name, state in states.items() if state == "unconfigured"]
        if not fresh:
            return []
        changed = self.client.change(fresh, "configure", CONFIGURE_S)
        done = [name for name, is_done in changed.items() if is_done]
        for name in done:
            if name in PASSIVE and self.client.change([name], "activate", ACTIVATE_S)[name]:
                self._say(f"{name} is back")
                continue
            self._say(f"{name} is back, inactive; `surefoot arm` activates it")
        return done

    def _insist(self, names: Sequence[str], transition: str, timeout_s: float) -> None:
        done = self.client.change(names, transition, timeout_s)
        failed = [name for name, is_done in done.items() if not is_done]
        # A node that refuses to run at all ends: give the check a chance to say so.
        if failed:
            self.idle(ANSWER_S)
            raise GraphError(f"{', '.join(failed)} could not {transition}; the reason stands above")

    def idle(self, duration_s: float) -> None:
        """Let time pass, listening."""
        end_s = time.monotonic() + duration_s
        while time.monotonic() < end_s:
            self._check()
            self._executor.spin_once(timeout_sec=0.05)

    def _on_safety_state(self, message: String) -> None:
        report = read_state(message)
        if report is None or report == self.report:
            return
        self.report = report
        if not report.is_alarm:  # of an alarm the gate itself cries out, on the same terminal
            self._say(f"safety: {report.state}, {report.cause}")
