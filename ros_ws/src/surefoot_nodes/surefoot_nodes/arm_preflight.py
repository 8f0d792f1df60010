"""The part of preflight that the gate's process runs before it arms: cheap, from what it heard."""

from __future__ import annotations

import time

from rclpy.node import Node
from sensor_msgs.msg import JointState

from rl_agent.commissioning.controller_checks import check_controller
from rl_agent.commissioning.finding import Finding, mismatches
from rl_agent.commissioning.live_checks import check_meaning
from rl_agent.spec import RobotSpec

from .controller_parameters import ControllerParameters
from .raw_readings import ReadingLog

WINDOW_S = 1.0
MAX_READINGS = 400


class ArmPreflight:
    """Remembers a second of joint_states and what the controller says of itself."""

    def __init__(self, node: Node, spec: RobotSpec) -> None:
        """Prepare it; `node` serves the controller's answers."""
        self._spec = spec
        self._log = ReadingLog(min(MAX_READINGS, int(WINDOW_S * spec.state_hz) + 1))
        self._controller = ControllerParameters(node, spec)
        self._controller.ask()

    def note(self, message: JointState, received_s: float) -> None:
        """Keep a message of joint_states."""
        self._log.note(message, received_s)

    def refresh(self) -> None:
        """Ask the controller again; call it once a second."""
        self._controller.ask()

    def destroy(self) -> None:
        """Stop asking."""
        self._controller.destroy()

    def obstacle(self) -> str:
        """Return each mismatch with its remedy; empty if none is known."""
        if self._controller.values is None:
            self._controller.ask()
        if self._controller.is_pending:
            return f"{self._spec.controller.name} is being asked for its parameters; try again"
        return "; ".join(str(finding) for finding in mismatches(self.findings()))

    def findings(self) -> list[Finding]:
        """Return all that is known."""
        readings = self._log.readings(time.monotonic() - WINDOW_S)
        # Without readings the gate itself refuses, and says why.
        live = check_meaning(self._spec, readings) if readings else []
        values = self._controller.values
        return live if values is None else [*live, *check_controller(self._spec, values)]
