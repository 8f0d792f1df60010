import math

import numpy as np
import pytest
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Imu as ImuMessage

from rl_agent.clock import ManualClock
from rl_agent.robots.profile import load_robot
from rl_agent.types import Imu, Measurement
from sim.twin import Twin
from surefoot_nodes.body_messages import (
    projected_gravity,
    read_imu,
    read_velocity,
    write_imu,
    write_odometry,
)
from surefoot_nodes.body_watch import BodyWatch

GO1 = load_robot("go1")
SIN, COS = math.sin(math.radians(30.0)), math.cos(math.radians(30.0))


class Subscriptions:
    """A node that only remembers what was subscribed."""

    def __init__(self):
        self.callbacks = {}

    def create_subscription(self, kind, topic, callback, profile):
        self.callbacks[topic] = callback


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


def leaning(axis):
    """30 degrees about one axis, as a quaternion."""
    half = math.radians(15.0)
    quat = np.array([math.cos(half), 0.0, 0.0, 0.0])
    quat[1 + axis] = math.sin(half)
    return quat


@pytest.mark.parametrize("length", [0.9, 1.0, 1.2])
@pytest.mark.parametrize(
    ("axis", "expected"), [(0, (0, -SIN, -COS)), (1, (SIN, 0, -COS)), (2, (0, 0, -1))]
)
def test_gravity_at_30_degrees(axis, expected, length):
    assert projected_gravity(length * leaning(axis)) == pytest.approx(expected, abs=1e-12)


def test_what_the_twin_says_of_its_body_comes_back():
    twin = Twin(GO1)
    quat = np.array([0.7, 0.1, -0.5, 0.3])
    twin.data.qpos[3:7] = quat / np.linalg.norm(quat)
    twin.data.qvel[:6] = [0.4, -0.2, 0.1, 1.0, -2.0, 3.0]
    measured = twin.measure()
    turn = twin.base.quat_wxyz(twin.data)
    imu = read_imu(over_the_wire(write_imu(turn, measured.imu)))
    np.testing.assert_allclose(imu.projected_gravity, measured.imu.projected_gravity, atol=1e-12)
    np.testing.assert_array_equal(imu.angular_velocity, [1.0, -2.0, 3.0])
    odometry = write_odometry(turn, measured.base_velocity, measured.imu.angular_velocity)
    velocity = read_velocity(over_the_wire(odometry))
    np.testing.assert_array_equal(velocity, measured.base_velocity)
    assert (odometry.header.frame_id, odometry.child_frame_id) == ("odom", "base_link")


@pytest.mark.parametrize("w", [0.0, math.nan, math.inf, 3.0])
def test_an_orientation_that_is_none_is_none(w):
    message = ImuMessage()
    message.orientation.w = w
    message.orientation.x = message.orientation.y = message.orientation.z = 0.0
    assert read_imu(message) is None


def test_a_reading_is_completed_with_what_is_fresh():
    node = Subscriptions()
    watch = BodyWatch(node, GO1, ManualClock(5.0))
    assert set(node.callbacks) == {"imu", "odom"}
    reading = Measurement(1.0, GO1.home, np.zeros(12))
    assert watch.complete(reading, 0.0).imu is None  # nothing was heard yet
    node.callbacks["imu"](write_imu(leaning(0), Imu(np.zeros(3), np.array([0.1, 0.2, 0.3]))))
    node.callbacks["odom"](write_odometry(leaning(0), np.array([0.5, 0.0, 0.1]), np.zeros(3)))
    # At most 20 ms old: three periods of 200 Hz are shorter.
    fresh = watch.complete(reading, 5.019)
    assert fresh.imu.projected_gravity == pytest.approx([0.0, -SIN, -COS])
    assert fresh.imu.angular_velocity == pytest.approx([0.1, 0.2, 0.3])
    assert fresh.base_velocity == pytest.approx([0.5, 0.0, 0.1])
    assert fresh.stamp_s == 1.0
    stale = watch.complete(reading, 5.021)
    assert stale.imu is None and stale.base_velocity is None


def test_an_arm_listens_to_no_body():
    node = Subscriptions()
    BodyWatch(node, load_robot("so101"))
    assert node.callbacks == {}


def test_a_velocity_is_in_the_childs_frame():
    message = Odometry()
    message.twist.twist.linear.x = 0.5
    assert read_velocity(message) == pytest.approx([0.5, 0.0, 0.0])
