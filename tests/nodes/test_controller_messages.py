import math
from dataclasses import replace

import numpy as np
import pytest
from planar_robot import planar_spec
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rl_agent.spec import ControllerSpec, ControllerType
from rl_agent.types import Command
from surefoot_nodes.controller_messages import make_codec
from surefoot_nodes.conversions import MessageError


def spec_with(kind, **joint):
    plain = planar_spec()
    joints = tuple(replace(j, **joint) for j in plain.joints)
    return replace(plain, joints=joints, controller=ControllerSpec(type=kind, name="arm"))


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


TRAJECTORY = ControllerType.JOINT_TRAJECTORY
MOVING = Command(np.array([0.5, 1.0]), np.array([0.4, -0.1]))
RESTING = Command(np.array([0.5, 1.0]), np.zeros(2))


def test_topics_are_the_controllers():
    assert make_codec(spec_with(TRAJECTORY)).topic == "arm/joint_trajectory"
    assert make_codec(spec_with(ControllerType.FORWARD_POSITION)).topic == "arm/commands"


def test_trajectory_begins_with_the_command_one_period_ahead_on_arrival():
    message = make_codec(spec_with(TRAJECTORY)).write(RESTING)
    assert message.joint_names == ["a", "b"]
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (0, 0)
    (point,) = message.points
    assert list(point.positions) == [0.5, 1.0]
    assert (point.time_from_start.sec, point.time_from_start.nanosec) == (0, 10_000_000)


def test_trajectory_ends_in_a_braking_tail():
    # 20 rad/s2 take 0.2 rad/s per 10 ms: a stands after two more points, b after one.
    message = make_codec(spec_with(TRAJECTORY)).write(MOVING)
    velocities = [list(point.velocities) for point in message.points]
    np.testing.assert_allclose(velocities, [[0.4, -0.1], [0.2, 0.0], [0.0, 0.0]], atol=1e-12)
    positions = [list(point.positions) for point in message.points]
    np.testing.assert_allclose(positions, [[0.5, 1.0], [0.502, 1.0], [0.502, 1.0]], atol=1e-12)
    times = [point.time_from_start.nanosec for point in message.points]
    assert times == [10_000_000, 20_000_000, 30_000_000]


@pytest.mark.parametrize("kind", list(ControllerType))
def test_first_point_survives_the_wire_in_driver_units(kind):
    codec = make_codec(spec_with(kind, sign=-1, scale=0.5, offset_rad=0.25))
    command = codec.read(over_the_wire(codec.write(MOVING)))[0].command
    if kind is not ControllerType.FORWARD_VELOCITY:
        np.testing.assert_allclose(command.position, MOVING.position, atol=1e-15)
    if kind is not ControllerType.FORWARD_POSITION:
        np.testing.assert_allclose(command.velocity, MOVING.velocity, atol=1e-15)


def test_driver_gets_its_own_numbers():
    # (0.5 - 0.25) / (-1 * 0.5) = -0.5 and (1.0 - 0.25) / -0.5 = -1.5.
    codec = make_codec(
        spec_with(ControllerType.FORWARD_POSITION, sign=-1, scale=0.5, offset_rad=0.25)
    )
    assert list(codec.write(RESTING).data) == [-0.5, -1.5]


def test_forward_velocity_sends_velocities():
    assert list(make_codec(spec_with(ControllerType.FORWARD_VELOCITY)).write(MOVING).data) == [
        0.4,
        -0.1,
    ]


def trajectory(names=("a", "b"), times_ms=(10,), positions=(0.1, 0.2), velocities=(0.0, 0.0)):
    message = JointTrajectory(joint_names=list(names))
    for time_ms in times_ms:
        point = JointTrajectoryPoint(positions=list(positions), velocities=list(velocities))
        point.time_from_start.nanosec = time_ms * 1_000_000
        message.points.append(point)
    return message


def test_trajectory_joints_are_found_by_name():
    codec = make_codec(spec_with(TRAJECTORY))
    (point,) = codec.read(trajectory(("b", "a"), positions=(0.2, 0.1)))
    assert point.command.position.tolist() == [0.1, 0.2]
    assert point.after_s == 0.01


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (trajectory(("a", "c")), "lacks b"),
        (trajectory(times_ms=()), "0 points"),
        (trajectory(times_ms=(10, 10)), "do not rise"),
        (trajectory(positions=(0.1,)), "1 numbers in positions"),
        (trajectory(velocities=(0.1, 0.2, 0.3)), "3 numbers in velocities"),
        (trajectory(positions=(math.nan, 0.0)), "not finite"),
    ],
)
def test_trajectories_that_a_controller_refuses(message, words):
    with pytest.raises(MessageError, match=words):
        make_codec(spec_with(TRAJECTORY)).read(message)


@pytest.mark.parametrize(("data", "words"), [([0.1], "1 numbers"), ([0.1, math.inf], "finite")])
def test_forward_commands_that_a_controller_refuses(data, words):
    with pytest.raises(MessageError, match=words):
        make_codec(spec_with(ControllerType.FORWARD_POSITION)).read(Float64MultiArray(data=data))
