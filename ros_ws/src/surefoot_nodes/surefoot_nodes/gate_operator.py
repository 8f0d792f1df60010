"""An operator inside a benchmark or a trial: gives targets, arms, resets, watches the gate."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Any, Self

import numpy as np

from rl_agent.exceptions import GraphError
from rl_agent.spec import RobotSpec
from rl_agent.types import SafetyState

ANSWER_S = 3.0
FIND_S = 15.0


class GateOperator:
    """Used in a `with` statement; speaks ROS in the graph's domain."""

    def __init__(
        self, spec: RobotSpec, domain: int, environment: dict[str, str], *, find_s: float = FIND_S
    ) -> None:
        # rclpy reads these when it starts.
        os.environ.update(environment)
        import rclpy
        from geometry_msgs.msg import PoseStamped
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions
        from std_msgs.msg import String

        from surefoot_nodes import qos
        from surefoot_nodes.lifecycle_client import LifecycleClient

        self._rclpy = rclpy
        self._context = rclpy.Context()
        rclpy.init(
            context=self._context,
            domain_id=domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self._node = rclpy.create_node("gate_operator", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._lifecycle = LifecycleClient(self._node, self._executor)
        self._goals = self._node.create_publisher(PoseStamped, "goal", qos.LATCHED)
        self._node.create_subscription(String, "safety_state", self._on_state, qos.LATCHED)
        self._frame = spec.tool.base_frame if spec.tool else "base_link"
        self._find_s = find_s
        self.state: SafetyState | None = None
        self.cause = ""

    @property
    def node(self) -> Any:
        """The operator's node, for further topics."""
        return self._node

    @property
    def lifecycle(self) -> Any:
        """What takes nodes through their lifecycle."""
        return self._lifecycle

    def __enter__(self) -> Self:
        missing = self._lifecycle.wait_for(["safety_node"], self._find_s)
        if missing:
            raise GraphError("the operator found no gate")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._rclpy.try_shutdown(context=self._context)

    def give_goal(self, goal: np.ndarray) -> None:
        """Publish a target (3,) [m]."""
        from surefoot_nodes.conversions import write_goal

        message = write_goal(goal, self._frame)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._goals.publish(message)

    def arm(self) -> tuple[bool, str]:
        """Ask the gate to arm; return its answer."""
        from std_srvs.srv import SetBool

        return self._ask(SetBool, "arm", SetBool.Request(data=True))

    def arm_again(self, timeout_s: float = FIND_S) -> None:
        """Arm, and wait until the gate follows proposals.

        A killed process is remembered for some seconds, and two sources may not be armed.

        Raises:
            GraphError: The gate refused to the end, or got no proposals; says why.
        """
        deadline_s = time.monotonic() + timeout_s
        is_armed, answer = self.arm()
        while not is_armed:
            if time.monotonic() > deadline_s:
                raise GraphError(f"arming failed for {timeout_s:g} s: {answer}")
            self.wait(0.2)
            is_armed, answer = self.arm()
        if not self.wait_for_state(SafetyState.ARMED, ANSWER_S):
            raise GraphError(f"the gate did not follow the policy: {self.cause}")

    def reset(self) -> tuple[bool, str]:
        """Ask the gate to reset; return its answer."""
        from std_srvs.srv import Trigger

        return self._ask(Trigger, "reset", Trigger.Request())

    def estop(self) -> tuple[bool, str]:
        """Ask the gate to stop; return its answer."""
        from std_srvs.srv import Trigger

        return self._ask(Trigger, "estop", Trigger.Request())

    def activate(self, name: str, timeout_s: float = FIND_S) -> None:
        """Activate a node that came back, once the supervisor has configured it.

        Raises:
            GraphError: It did not become active in time.
        """
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            state = self._lifecycle.states([name], ANSWER_S).get(name)
            if state == "active":
                return
            if state == "inactive":
                self._lifecycle.change([name], "activate", ANSWER_S)
            self.wait(0.1)
        raise GraphError(f"{name} did not become active within {timeout_s:g} s")

    def wait(self, duration_s: float) -> None:
        """Let time pass, listening."""
        end_s = time.monotonic() + duration_s
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left_s)

    def wait_for_state(self, state: SafetyState, timeout_s: float) -> bool:
        """Wait until the gate is in a state; tell whether it got there in time."""
        deadline_s = time.monotonic() + timeout_s
        while self.state is not state:
            if time.monotonic() > deadline_s:
                return False
            self._executor.spin_once(timeout_sec=0.05)
        return True

    def _ask(self, kind: Any, name: str, request: Any) -> tuple[bool, str]:
        answer = self._lifecycle.call(kind, name, request, ANSWER_S)
        return (False, "no answer") if answer is None else (answer.success, answer.message)

    def _on_state(self, message: Any) -> None:
        from surefoot_nodes.gate_reports import read_state

        report = read_state(message)
        if report is not None:
            self.state, self.cause = report.state, report.cause
