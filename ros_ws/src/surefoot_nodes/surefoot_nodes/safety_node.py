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

from rl_agent.safety.gate import Gate
from rl_agent.types import Command, Proposal, Reason, Source

from . import qos
from .arm_preflight import ArmPreflight
from .company_watch import CompanyWatch
from .controller_messages import make_codec
from .conversions import CommandCodec, MeasurementCodec, MessageError, output_tags
from .gate_announcer import GateAnnouncer
from .gate_inputs import GateInputs
from .gate_reports import write_diagnostics
from .gate_services import GateServices
from .mechanics import load_mechanics
from .node import GuardedNode, run
from .rates import Rates
from .rounds import OPERATOR
from .stamps import StampScale

NAME = "safety_node"
REPORT_S = 1.0
BRAKE_S = 1.5
"""A deactivated gate goes on braking for at most this long."""
SETTLE_S = 1.0
NOTHING = np.zeros(0)


class SafetyNode(GuardedNode):
    """Shell around `rl_agent.safety.gate.Gate`.

    Subscribes `joint_states` (best effort), `command_raw/{human,mpc,policy}` (reliable), and what
    `GateInputs` names: `estop`, `joy`, `imu`, `battery_state`, `temperature`, `presence`.
    Publishes, on the arrival of a proposal and at gate_hz, `<controller>/...` (reliable, depth 1)
    and then `applied_command`; `stop_mode` (String, transient local: run, or what the driver is to
    do with a robot that was stopped: hold, damp, torque_off); `safety_state` (JSON, transient
    local) when it changes; `diagnostics` once a second. The parameter `speed_scale` may be set at
    run time. Services `estop`, `reset` (Trigger) and `arm` (SetBool, false
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
        self._gate = Gate(spec, self.clock, load_mechanics(spec))
        stamps = StampScale()
        self._measurements = MeasurementCodec(spec, stamps)
        self._commands = CommandCodec(spec, stamps)
        self._controller = codec = make_codec(spec)
        self._rates = Rates(time.monotonic())
        self._gate.set_speed_scale(self.values["speed_scale"])
        io = self.make_io()
        self._to_controller = io.create_publisher(codec.message_type, codec.topic, qos.CONTROLLER)
        self._applied = io.create_publisher(JointState, "applied_command", qos.COMMANDS)
        self._news = GateAnnouncer(io, self._gate, self._lock, self.get_logger())
        io.create_subscription(JointState, "joint_states", self._on_joint_states, qos.STATES_IN)
        proposals = {source: f"command_raw/{source}" for source in Source}
        for source, topic in proposals.items():
            callback = partial(self._on_proposal, source)
            io.create_subscription(JointState, topic, callback, qos.COMMANDS)
        GateInputs(io, self._gate, self._lock, spec, self.values["estop_button"], self.clock)
        topics, strangers = (codec.topic, tuple(proposals.values())), self.pace.strangers
        self._company = CompanyWatch(io, self._gate, self._lock, *topics, strangers)
        self._diagnostics = self.create_publisher(DiagnosticArray, "diagnostics", qos.REPORTS)
        self._desk = GateServices(
            self, self._gate, self._lock, obstacle=self._obstacle, announce=self._news.announce
        )
        self._preflight = ArmPreflight(self, spec)
        self._timer = self.every(REPORT_S, self._report)
        self._news.announce()

    def activate(self) -> None:
        """Start to tick; nothing is published before the gate is armed."""
        self._pacer = self.pace.make_pacer(self._spec)
        self._rates = Rates(time.monotonic())
        self.start_loop(lambda: self._pacer.deadline_s, self._tick)

    def awaits(self) -> str:
        """Once the robot stands, lock-step waits for arming, so that every run begins alike."""
        return "" if self._news.has_let_run or self.clock.now() < SETTLE_S else OPERATOR

    def deactivate(self) -> None:
        """Brake, wait until the robot is commanded to rest, then fall silent."""
        with self._lock:
            self._gate.disarm()
        deadline_s = time.monotonic() + BRAKE_S
        while self._gate.is_moving and time.monotonic() < deadline_s:
            time.sleep(self._spec.gate_period_s)
        self.stop_loop()
        self._news.announce()

    def cleanup(self) -> None:
        """Let go of the services; `self.io` goes with its topics."""
        if self._desk is not None:
            self._desk.destroy()
            self._desk = None
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self.destroy_publisher(self._diagnostics)
            self._preflight.destroy()
            self._timer = None

    def _on_joint_states(self, message: JointState) -> None:
        now_s = self.clock.now()
        self._preflight.note(message, now_s)
        try:
            measurement = self._measurements.read(message, now_s)
        except MessageError as error:
            self._complain("joint_states", error)
            return
        self._rates.count("joint_states")
        with self._lock:
            self._gate.on_measurement(measurement)

    def _on_proposal(self, source: Source, message: JointState) -> None:
        now_s = self.clock.now()
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
        self._news.tell_mode()
        if output.command is not None:
            self._to_controller.publish(self._controller.write(output.command))
            tags = output_tags(output)
            self._applied.publish(self._commands.write(output.command, output.stamp_s, tags))
        self._rates.count("gate")
        if self._news.is_news(output.state):
            self._news.announce()

    def _obstacle(self) -> str:
        """Return why the gate may not be armed for reasons that it cannot see; empty if nothing."""
        if not self.is_active:
            return "safety_node is not active; activate it first"
        return self._company.look() or self.pace.obstacle() or self._preflight.obstacle()

    def set_parameter(self, name: str, value: Any) -> None:
        """Take over `speed_scale`."""
        super().set_parameter(name, value)
        if self._desk is not None:
            with self._lock:
                self._gate.set_speed_scale(value)
            self._news.announce()

    def _report(self) -> None:
        with self._lock:
            diagnostics = self._gate.diagnostics()
        now_s = time.monotonic()
        diagnostics |= {"loop_errors": self.loop.num_errors if self.loop else 0}
        message = write_diagnostics(NAME, {**diagnostics, **self._rates.report(now_s)})
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)
        self._news.announce()
        if company := self._company.look():
            self.get_logger().warning(company, throttle_duration_sec=5.0)

    def _complain(self, topic: str, error: MessageError) -> None:
        self._rates.count("bad_messages")
        self.get_logger().warning(f"{topic} {error}", throttle_duration_sec=2.0)


def main() -> int:
    """Run the process."""
    return run(SafetyNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
