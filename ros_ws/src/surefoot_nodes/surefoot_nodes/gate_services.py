"""The operator's services of the gate: estop, reset, arm. Answered beside the control loop."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rclpy.node import Node
from rclpy.service import Service
from std_srvs.srv import SetBool, Trigger

from rl_agent.safety.gate import Gate
from rl_agent.types import SafetyState


class GateServices:
    """`estop` and `reset` (Trigger), `arm` (SetBool; false disarms)."""

    def __init__(
        self,
        node: Node,
        gate: Gate,
        lock: threading.Lock,
        *,
        obstacle: Callable[[], str],
        announce: Callable[[], None],
    ) -> None:
        """Offer the services.

        Args:
            node: Of an executor that nothing else keeps busy.
            gate: Is asked.
            lock: Guards the gate.
            obstacle: Says why the gate may not be armed for reasons beyond it; empty if nothing.
            announce: Called after every answer.
        """
        self._node = node
        self._gate = gate
        self._lock = lock
        self._obstacle = obstacle
        self._announce = announce
        self._services: list[Service] = [
            node.create_service(Trigger, "estop", self._on_estop),
            node.create_service(Trigger, "reset", self._on_reset),
            node.create_service(SetBool, "arm", self._on_arm),
        ]

    def destroy(self) -> None:
        """Withdraw the services."""
        for service in self._services:
            self._node.destroy_service(service)
        self._services = []

    def _on_estop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        del request
        with self._lock:
            self._gate.estop("asked for by an operator")
        self._announce()
        response.success, response.message = True, "stopped; reset and arm to go on"
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        del request
        with self._lock:
            response.success, response.message = self._gate.reset()
        self._announce()
        return response

    def _on_arm(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        if request.data:
            response.success, response.message = self._arm()
        else:
            with self._lock:
                self._gate.disarm()
            response.success, response.message = True, "disarmed"
        self._announce()
        return response

    def _arm(self) -> tuple[bool, str]:
        # A stopped gate refuses by itself, and says what has to be done first.
        obstacle = "" if self._gate.state is SafetyState.STOPPED else self._obstacle()
        if obstacle:
            return False, f"refused: {obstacle}"
        with self._lock:
            return self._gate.arm()
