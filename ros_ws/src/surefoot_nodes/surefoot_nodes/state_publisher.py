"""What the twin tells of itself: `joint_states`, and `imu` and `odom` of a base that moves."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import Imu as ImuMessage
from sensor_msgs.msg import JointState

from rl_agent.spec import RobotSpec
from rl_agent.types import Measurement

from . import qos
from .body_messages import write_imu, write_odometry
from .conversions import MeasurementCodec
from .stamps import StampScale

if TYPE_CHECKING:
    from sim.floating_base import FloatingBase


class StatePublisher:
    """Publishes what a driver, an ideal IMU and an ideal estimator would, as late as told."""

    def __init__(
        self, node: Node, spec: RobotSpec, stamps: StampScale, base: FloatingBase | None
    ) -> None:
        self._codec = MeasurementCodec(spec, stamps)
        self._base = base
        self._joints = node.create_publisher(JointState, "joint_states", qos.STATES_OUT)
        if base is not None:
            self._imu = node.create_publisher(ImuMessage, "imu", qos.STATES_OUT)
            self._odometry = node.create_publisher(Odometry, "odom", qos.STATES_OUT)
        self.start(0)

    def start(self, num_late: int) -> None:
        """Begin anew; every state leaves when `num_late` newer ones are known."""
        self._num_late = num_late
        self._waiting: deque[list[tuple[Any, Any]]] = deque()

    def publish(self, measured: Measurement, data: Any) -> None:
        """Take in the state of now and the twin's MjData; tell the state whose time has come."""
        self._waiting.append(self._messages(measured, data))
        if len(self._waiting) > self._num_late:
            for publisher, message in self._waiting.popleft():
                publisher.publish(message)

    def _messages(self, measured: Measurement, data: Any) -> list[tuple[Any, Any]]:
        joints = self._codec.write(measured)
        found: list[tuple[Any, Any]] = [(self._joints, joints)]
        if self._base is None:
            return found
        quat, imu = self._base.quat_wxyz(data), self._base.imu(data)
        odometry = write_odometry(quat, self._base.velocity(data), imu.angular_velocity)
        body: list[tuple[Any, Any]] = [
            (self._imu, write_imu(quat, imu)),
            (self._odometry, odometry),
        ]
        for _, message in body:
            message.header.stamp = joints.header.stamp
        # Before the joints: who acts on their arrival should know the body of the same moment.
        return [*body, *found]
