"""A liar between the twin and whoever reads its joints, for tests of the gate. See `FaultNode`."""

from __future__ import annotations

import sys
import time

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from rl_agent.exceptions import GraphError, SurefootError
from sim.sensor_faults import FaultyReadings, Reading, read_fault

from . import qos
from .conversions import floats
from .endpoints import publishers, wait_until_clear, without
from .node import GuardedNode, run
from .stamps import NS_PER_S

NAME = "fault_node"
TRUE_TOPIC = "joint_states_true"
FAULT_TOPIC = "fault"
"""JSON text of a `SensorFault`; `{}` ends all faults."""
PATIENCE_S = 5.0
IDLE_S = 0.1


class FaultNode(GuardedNode):
    """Shell around `sim.sensor_faults.FaultyReadings`.

    Subscribes `joint_states_true`, where the twin publishes in this graph, and `fault` (transient
    local). Publishes `joint_states` (reliable), message by message, stamps kept. Refuses to run
    where anybody else publishes `joint_states`: that may be a real robot.
    """

    def __init__(self) -> None:
        super().__init__(NAME)

    def configure(self) -> None:
        """Look out for a real robot, then make publisher and subscriptions."""
        self._names = list(self.load_spec().joint_names)
        self._readings = FaultyReadings(self._names)
        io = self.make_io()
        company = wait_until_clear(
            lambda: without(publishers(io, "joint_states"), []),
            self.values["discovery_s"],
            PATIENCE_S,
        )
        if company:
            raise GraphError(
                f"{', '.join(company)} publishes joint_states; no faults are made here"
            )
        self._publisher = io.create_publisher(JointState, "joint_states", qos.STATES_OUT)
        io.create_subscription(JointState, TRUE_TOPIC, self._on_reading, qos.STATES_IN)
        io.create_subscription(String, FAULT_TOPIC, self._on_fault, qos.LATCHED)

    def activate(self) -> None:
        """Pass readings on."""
        self.start_loop(self._next_deadline, self._on_time)

    def _next_deadline(self) -> float:
        return min(self._readings.due_s, time.monotonic() + IDLE_S)

    def _on_time(self, now_s: float) -> None:
        for reading in self._readings.due(now_s):
            self._publish(reading)

    def _on_fault(self, message: String) -> None:
        try:
            fault = read_fault(message.data, self._names)
        except SurefootError as error:
            self.get_logger().error(str(error))
            return
        self._readings.begin(fault, time.monotonic())
        self.get_logger().info(f"from now on: {fault.kind}")

    def _on_reading(self, message: JointState) -> None:
        if list(message.name) != self._names:
            self.get_logger().warning("other joints than the profile's", throttle_duration_sec=2.0)
            return
        stamp = message.header.stamp
        reading = Reading(
            stamp.sec * NS_PER_S + stamp.nanosec,
            np.asarray(message.position, dtype=np.float64),
            np.asarray(message.velocity, dtype=np.float64),
        )
        for changed in self._readings.take(reading, time.monotonic()):
            self._publish(changed)

    def _publish(self, reading: Reading) -> None:
        message = JointState(name=self._names)
        stamp = message.header.stamp
        stamp.sec, stamp.nanosec = divmod(reading.stamp_ns, NS_PER_S)
        message.position = floats(reading.position)
        message.velocity = floats(reading.velocity)
        self._publisher.publish(message)


def main() -> int:
    """Run the process."""
    return run(FaultNode, NAME)


if __name__ == "__main__":
    sys.exit(main())
