"""The twin's `imu` and `odom`, where its base is not fixed to the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import Imu as ImuMessage

from . import qos
from .body_messages import write_imu, write_odometry

if TYPE_CHECKING:
    from sim.floating_base import FloatingBase


class BodyPublisher:
    """Publishes what an ideal IMU and an ideal estimator would."""

    def __init__(self, node: Node, base: FloatingBase) -> None:
        self._base = base
        self._imu = node.create_publisher(ImuMessage, "imu", qos.STATES_OUT)
        self._odometry = node.create_publisher(Odometry, "odom", qos.STATES_OUT)

    def publish(self, data: Any, stamp: Any) -> None:
        """Tell the state in `data` (MjData), with a builtin_interfaces Time."""
        quat, imu = self._base.quat_wxyz(data), self._base.imu(data)
        odometry = write_odometry(quat, self._base.velocity(data), imu.angular_velocity)
        for publisher, message in (
            (self._imu, write_imu(quat, imu)),
            (self._odometry, odometry),
        ):
            message.header.stamp = stamp
            publisher.publish(message)
