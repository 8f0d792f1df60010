"""What a robot's body tells, as messages: sensor_msgs/Imu and nav_msgs/Odometry, and back.

Both speak of the body's frame: x forward, y left, z up (REP 103, REP 145).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Quaternion
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu as ImuMessage

from rl_agent.types import Array, Imu

BODY_FRAME, WORLD_FRAME = "base_link", "odom"


def read_imu(message: ImuMessage) -> Imu | None:
    """Return the reading; None for an orientation that is none (REP 145: zeros)."""
    turn = message.orientation
    quat = np.array([turn.w, turn.x, turn.y, turn.z], dtype=np.float64)
    if not 0.5 < float(quat @ quat) < 2.0:
        return None
    return Imu(projected_gravity(quat), _vector(message.angular_velocity))


def read_velocity(message: Odometry) -> Array:
    """Return (3,) the body's velocity in its own frame [m/s], as Odometry's twist is defined."""
    return _vector(message.twist.twist.linear)


def write_imu(quat_wxyz: Array, imu: Imu) -> ImuMessage:
    """Return the message; its stamp is left at 0, and accelerations are said to be unknown."""
    message = ImuMessage()
    message.header.frame_id = BODY_FRAME
    message.orientation = _quaternion(quat_wxyz)
    _set(message.angular_velocity, imu.angular_velocity)
    message.linear_acceleration_covariance[0] = -1.0
    return message


def write_odometry(quat_wxyz: Array, velocity: Array, angular_velocity: Array) -> Odometry:
    """Return the message; its stamp is left at 0. Where the body is, nobody here asks."""
    message = Odometry()
    message.header.frame_id, message.child_frame_id = WORLD_FRAME, BODY_FRAME
    message.pose.pose.orientation = _quaternion(quat_wxyz)
    _set(message.twist.twist.linear, velocity)
    _set(message.twist.twist.angular, angular_velocity)
    return message


def projected_gravity(quat_wxyz: Array) -> Array:
    """Return (3,) the world's downward unit vector in the body's frame; quats of any length."""
    w, x, y, z = quat_wxyz / np.linalg.norm(quat_wxyz)
    # The third row of the rotation body to world, negated.
    return np.array([2.0 * (w * y - x * z), -2.0 * (w * x + y * z), 2.0 * (x * x + y * y) - 1.0])


def _quaternion(quat_wxyz: Array) -> Quaternion:
    w, x, y, z = (float(value) for value in quat_wxyz)
    return Quaternion(w=w, x=x, y=y, z=z)


def _set(field: Any, values: Array) -> None:
    field.x, field.y, field.z = (float(value) for value in values)


def _vector(field: Any) -> Array:
    return np.array([field.x, field.y, field.z], dtype=np.float64)
