"""An operator's hand on a running gate: proposes as human, reads joints and the state."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from rl_agent.exceptions import GraphError
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command

from . import qos
from .applied_watch import AppliedWatch
from .conversions import CommandCodec, MeasurementCodec, MessageError
from .driver_units import DriverUnits
from .gate_reports import GateReport, read_state
from .gate_speed import exchange_speed
from .lifecycle_client import LifecycleClient
from .operator_session import OperatorSession
from .stamps import StampScale

FIND_S = 5.0
ANSWER_S = 3.0
PROPOSE_S = 0.02
"""At most so often a proposal is sent: faster than every watchdog of a profile, W >= 30 ms."""
FRESH_S = 0.2


class OperatorLink:
    """Joins a graph; `step` must be called all the time.

    Subscribes `joint_states`, `applied_command`, `safety_state`; publishes `command_raw/human`,
    stamped like the newest reading. Services: `arm`, `reset`, `estop`, and those of the gate's
    parameters.
    """

    def __init__(self, spec: RobotSpec, session: OperatorSession) -> None:
        self._spec, self._session = spec, session
        self._index = np.array(spec.command_index)
        self._units = DriverUnits(spec.joints)
        stamps = StampScale()
        self._measurements = MeasurementCodec(spec, stamps)
        self._commands = CommandCodec(spec, stamps)
        self._client = LifecycleClient(session.node, session.executor)
        self._read_s = self._sent_s = -np.inf
        self._stamp_s = self._sent_stamp_s = -np.inf
        self._position: Array | None = None
        self.report: GateReport | None = None
        """The gate's newest state."""
        node = session.node
        self._publisher = node.create_publisher(JointState, "command_raw/human", qos.COMMANDS)
        node.create_subscription(JointState, "joint_states", self._on_reading, qos.STATES_IN)
        self._applied = AppliedWatch(node, self._commands, FRESH_S)
        node.create_subscription(String, "safety_state", self._on_state, qos.LATCHED)

    @property
    def position(self) -> Array | None:
        """(num_commands,) the newest measured positions [rad or m]; None without any."""
        return None if self._position is None else self._position[self._index]

    @property
    def driver_position(self) -> Array | None:
        """(num_commands,) the same as the driver tells it, in its own units."""
        if self._position is None:
            return None
        return self._units.position_to_driver(self._position)[self._index]

    @property
    def is_fresh(self) -> bool:
        """Whether readings arrive."""
        return time.monotonic() - self._read_s < FRESH_S

    @property
    def applied(self) -> Command | None:
        """What the gate commands at present; None where it commands nothing."""
        return self._applied.newest

    def wait_until_ready(self, *, needs_gate: bool) -> None:
        """Wait for readings and, if needed, for the gate.

        Raises:
            GraphError: They do not come; says what to start.
        """
        deadline_s = time.monotonic() + FIND_S
        while not (self.is_fresh and (self.report or not needs_gate)):
            self.step()
            if time.monotonic() > deadline_s and not self.is_fresh:
                raise GraphError("no joint_states arrive; start the driver, see surefoot preflight")
            if time.monotonic() > deadline_s:
                raise GraphError(
                    f"no gate answers; run `surefoot up robot --robot {self._spec.name} "
                    "--actor none` beside this"
                )

    @contextlib.contextmanager
    def slow(self, share: float) -> Iterator[None]:
        """Let the gate itself allow no more than this share of its speeds; in the end as before.

        Raises:
            GraphError: The gate does not answer, or refuses.
        """
        before, refusal = exchange_speed(self._client, share)
        if refusal:
            raise GraphError(f"the gate does not let its speed be lowered: {refusal}")
        try:
            yield
        finally:
            with contextlib.suppress(GraphError):  # whoever is gone needs no speed back
                exchange_speed(self._client, before)

    def step(self, timeout_s: float = 0.01) -> None:
        """Serve what arrived."""
        self._session.executor.spin_once(timeout_sec=timeout_s)

    @property
    def may_propose(self) -> bool:
        """Whether a proposal is due, and a new reading there to stamp it with."""
        is_due = time.monotonic() - self._sent_s >= PROPOSE_S
        return is_due and self._stamp_s > self._sent_stamp_s

    def propose(self, command: Command) -> None:
        """Send a proposal; the gate judges it."""
        self._publisher.publish(self._commands.write(command, self._stamp_s))
        self._sent_s, self._sent_stamp_s = time.monotonic(), self._stamp_s

    def arm(self, data: bool = True) -> tuple[bool, str]:
        """Ask the gate to arm, or to disarm."""
        return self._tell(self._client.call(SetBool, "arm", SetBool.Request(data=data), ANSWER_S))

    def reset(self) -> tuple[bool, str]:
        """Ask the gate to clear its latch."""
        return self._tell(self._client.call(Trigger, "reset", Trigger.Request(), ANSWER_S))

    def stop(self) -> tuple[bool, str]:
        """Stop the robot."""
        return self._tell(self._client.call(Trigger, "estop", Trigger.Request(), ANSWER_S))

    def _tell(self, answer: Any) -> tuple[bool, str]:
        return (
            (False, "the gate does not answer")
            if answer is None
            else (
                bool(answer.success),
                str(answer.message),
            )
        )

    def _on_reading(self, message: JointState) -> None:
        try:
            reading = self._measurements.read(message, time.monotonic())
        except MessageError:
            return  # preflight tells what is wrong; without readings nothing is proposed
        if reading.is_finite():
            self._position, self._stamp_s = reading.position, reading.stamp_s
            self._read_s = reading.received_s

    def _on_state(self, message: String) -> None:
        self.report = read_state(message) or self.report
