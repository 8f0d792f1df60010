"""The part of preflight that the gate's process runs before it arms: cheap, from what it heard."""

from __future__ import annotations

import time

from sensor_msgs.msg import JointState

from rl_agent.commissioning.controller_checks import check_controller
from rl_agent.commissioning.finding import Finding, mismatches
from rl_agent.commissioning.live_checks import check_meaning
from rl_agent.spec import RobotSpec

from .controller_parameters import ControllerParameters
from .node import GuardedNode
from .raw_readings import ReadingLog

WINDOW_S = 1.0
ASK_S = 0.2
"""Until the controller's first answer; then five times as rarely."""
DISCOVERY_S = 2.6
"""A controller's parameter service may be found this late; without one, arming waits so long."""
MAX_READINGS = 400


class ArmPreflight:
    """Remembers a second of joint_states and what the controller says of itself."""

    def __init__(self, node: GuardedNode, spec: RobotSpec) -> None:
        """Prepare it; `node` serves the controller's answers."""
        self._spec = spec
        self._log = ReadingLog(min(MAX_READINGS, int(WINDOW_S * spec.state_hz) + 1))
        self._node = node
        self._controller = ControllerParameters(node, spec)
        self._asked_s = 0.0
        self._start_s = time.monotonic()
        self._timer = node.every(ASK_S, self._ask)

    def note(self, message: JointState, received_s: float) -> None:
        """Keep a message of joint_states."""
        self._log.note(message, received_s)

    def destroy(self) -> None:
        """Stop asking."""
        self._node.destroy_timer(self._timer)
        self._controller.destroy()

    def obstacle(self) -> str:
        """Return each mismatch with its remedy; empty if none is known."""
        if self._controller.values is None:
            self._controller.ask()
        is_early = time.monotonic() - self._start_s < DISCOVERY_S
        if self._controller.is_pending or (is_early and self._controller.values is None):
            return f"{self._spec.controller.name} is being asked for its parameters; try again"
        return "; ".join(str(finding) for finding in mismatches(self.findings()))

    def findings(self) -> list[Finding]:
        """Return all that is known."""
        readings = self._log.readings(self._node.clock.now() - WINDOW_S)
        # Without readings the gate itself refuses, and says why.
        live = check_meaning(self._spec, readings) if readings else []
        values = self._controller.values
        return live if values is None else [*live, *check_controller(self._spec, values)]

    def _ask(self) -> None:
        now_s = time.monotonic()
        if self._controller.values is None or now_s - self._asked_s >= 5.0 * ASK_S:
            self._asked_s = now_s
            self._controller.ask()
