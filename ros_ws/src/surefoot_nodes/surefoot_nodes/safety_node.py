"""The gate as a process of its own: nobody else may publish to the hardware. See `SafetyNode`."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from rl_agent.clock import SteadyClock
from rl_agent.safety.gate import Gate
from rl_agent.types import Command, Proposal, Reason, Source

from . import qos
from .controller_messages import make_codec
from .conversions import CommandCodec, MeasurementCodec, MessageError, output_tags
from .endpoints import crowd
from .gate_reports import GateReport, report_of, write_diagnostics, write_state
from .gate_services import GateServices
from .mechanics import load_mechanics
from .node import GuardedNode, run
from .pacing import PacerRates, TickPacer
from .rates import Rates
from .stamps import StampScale

NAME = "safety_node"
REPORT_S = 1.0
BRAKE_S = 1.5
"""A deactivated gate goes on braking for at most this long."""
NOTHING = np.zeros(0)


class SafetyNode(GuardedNode):
    """Shell around `rl_agent.safety.gate.Gate`.

    Subscribes `joint_states` (best effort) and `command_raw/{human,mpc,policy}` (reliable).
    Publishes, on the arrival of a proposal and at gate_hz, `<controller>/...` (reliable, depth 1)
    and then `applied_command`; `safety_state` (JSON, transient local) when it changes;
    `diagnostics` once a second. Services `estop`, `reset` (Trigger) and `arm` (SetBool, false
    disarms) are answered by another thread than the one that ticks.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self._lock = threading.Lock()
        """Guards the gate: it is ticked by one thread and asked by another."""
        self._desk: GateServices | None = None
        self._timer: Any = None

    def configure(self) -> None:
        """Make the gate, its topics and services."""
        self._spec = spec = self.load_spec()
        self._gate = Gate(spec, SteadyClock(), load_mechanics(spec))
        stamps = StampScale()
        self._measurements = MeasurementCodec(spec, stamps)
        self._commands = CommandCodec(spec, stamps)
        self._controller = make_codec(spec)
        self._rates = Rates(time.monotonic())
        self._reported: GateReport | None = None
        io = self.make_io()
        controller = self._controller
        self._to_controller = io.create_publisher(
            controller.message_type, controller.topic, qos.CONTROLLER
        )
        self._applied = io.create_publisher(JointState, "applied_command", qos.COMMANDS)
        self._state = io.create_publisher(String, "safety_state", qos.LATCHED)
        io.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)
        for source in Source:
            topic, callback = f"command_raw/{source}", partial(self._on_proposal, source)
            io.create_subscription(JointState, topic, callback, qos.COMMANDS)
        self._diagnostics = self.create_publisher(DiagnosticArray, "diagnostics", qos.REPORTS)
        self._desk = GateServices(
            self, self._gate, self._lock, obstacle=self._obstacle, announce=self._announce
        )
        self._timer = self.every(REPORT_S, self._report)
        self._announce()

    def activate(self) -> None:
        """Start to tick; nothing is published before the gate is armed."""
        self._pacer = TickPacer(PacerRates.of(self._spec), time.monotonic())
        self._rates = Rates(time.monotonic())
        self.start_loop(lambda: self._pacer.deadline_s, self._tick)

    def deactivate(self) -> None:
        """Brake, wait until the robot is commanded to rest, then fall silent."""
        with self._lock:
            self._gate.disarm()
        deadline_s = time.monotonic() + BRAKE_S
        while self._gate.is_moving and time.monotonic() < deadline_s:
            time.sleep(self._spec.gate_period_s)
        self.stop_loop()
        self._announce()

    def cleanup(self) -> None:
        """Let go of the services; `self.io` goes with its topics."""
        if self._desk is not None:
            self._desk.destroy()
            self._desk = None
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self.destroy_publisher(self._diagnostics)
            self._timer = None

    def _on_joint_states(self, message: JointState) -> None:
        try:
            measurement = self._measurements.read(message, time.monotonic())
        except MessageError as error:
            self._complain("joint_states", error)
            return
        self._rates.count("joint_states")
        with self._lock:
            self._gate.on_measurement(measurement)

    def _on_proposal(self, source: Source, message: JointState) -> None:
        now_s = time.monotonic()
        try:
            command, stamp_s = self._commands.read(message)
        except MessageError as error:
            self._complain(f"command_raw/{source}", error)
            # The gate judges and counts it like every other malformed proposal.
            command, stamp_s = Command(NOTHING, NOTHING), 0.0
        proposal = Proposal(source, command, stamp_s, now_s, self._spec.policy_period_s)
        with self._lock:
            refused = self._gate.on_proposal(proposal)
        self._rates.count(f"proposals_{source}")
        if refused is Reason.NONE and self._pacer.on_arrival(now_s):
            self._tick(now_s)

    def _tick(self, now_s: float) -> None:
        with self._lock:
            output = self._gate.tick()
        self._pacer.on_tick(now_s)
        if output.command is not None:
            self._to_controller.publish(self._controller.write(output.command))
            tags = output_tags(output)
            self._applied.publish(self._commands.write(output.command, output.stamp_s, tags))
        self._rates.count("gate")
        if self._reported is None or output.state is not self._reported.state:
            self._announce()

    def _obstacle(self) -> str:
        """Return why the gate may not be armed for reasons that it cannot see; empty if nothing."""
        return self._company() if self.is_active else "safety_node is not active; activate it first"

    def _company(self) -> str:
        """Return who else publishes where only one may; empty if nobody."""
        topics = [self._controller.topic, *(f"command_raw/{source}" for source in Source)]
        return next((words for t in topics if (words := crowd(self.io, t))), "")

    def _announce(self) -> None:
        with self._lock:
            report = report_of(self._gate.diagnostics())
        if report != self._reported:
            self._reported = report
            self._state.publish(write_state(report))
            if report.is_alarm:
                self.get_logger().error(f"{report.state}: {report.cause}")
            else:
                self.get_logger().info(f"{report.state}: {report.cause}")

    def _report(self) -> None:
        with self._lock:
            diagnostics = self._gate.diagnostics()
        now_s = time.monotonic()
        diagnostics |= {"loop_errors": self.loop.num_errors if self.loop else 0}
        message = write_diagnostics(NAME, {**diagnostics, **self._rates.report(now_s)})
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)
        self._announce()
        company = self._company()
        if company:
            self.get_logger().warning(company, throttle_duration_sec=5.0)

    def _complain(self, topic: str, error: MessageError) -> None:
        self._rates.count("bad_messages")
        self.get_logger().warning(f"{topic} {error}", throttle_duration_sec=2.0)


def main() -> int:
    """Run the process."""
    return run(SafetyNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
