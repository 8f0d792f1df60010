"""Any message on any topic: a value of the right shape or a MessageError, nothing else."""

import json
import math
import time
from array import array
from dataclasses import replace

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planar_robot import planar_spec
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rl_agent.spec import ControllerSpec, ControllerType
from surefoot_nodes.controller_messages import make_codec
from surefoot_nodes.conversions import (
    CommandCodec,
    MeasurementCodec,
    MessageError,
    read_goal,
)
from surefoot_nodes.gate_reports import GateReport, read_state
from surefoot_nodes.stamps import StampScale

MODEST = settings(max_examples=150, deadline=None)
PLAIN = planar_spec()
# Degrees and an offset, so that huge numbers go through the arithmetic.
SPEC = replace(PLAIN, joints=tuple(replace(j, scale=57.3, offset_rad=0.5) for j in PLAIN.joints))
NAMES = st.lists(st.sampled_from(["a", "b", "c", ""]) | st.text(max_size=5), max_size=5)
NUMBERS = st.lists(
    st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, 1.7e308, -1.7e308, 5e-324]),
    max_size=5,
)
SECONDS = st.integers(-(2**31), 2**31 - 1)
NANOSECONDS = st.integers(0, 2**32 - 1)


@st.composite
def joint_states(draw):
    names = draw(st.just(["a", "b"]) | st.just(["b", "x", "a"]) | NAMES)
    message = JointState(name=names)
    message.position = array("d", draw(_sized(len(names))))
    message.velocity = array("d", draw(_sized(len(names))))
    message.effort = array("d", draw(NUMBERS))
    message.header.stamp.sec, message.header.stamp.nanosec = draw(SECONDS), draw(NANOSECONDS)
    message.header.frame_id = draw(st.text(max_size=10))
    return message


def _sized(size):
    """Return numbers, mostly as many as there are names."""
    return NUMBERS | st.lists(st.floats(), min_size=size, max_size=size)


@given(joint_states())
@MODEST
def test_any_joint_states_is_a_reading_or_refused(message):
    try:
        measurement = MeasurementCodec(SPEC, StampScale()).read(message, 1.0)
    except MessageError as error:
        assert str(error)
    else:
        assert measurement.position.shape == measurement.velocity.shape == (2,)
        assert math.isfinite(measurement.stamp_s)


@given(joint_states())
@MODEST
def test_any_proposal_is_a_command_or_refused(message):
    try:
        command, stamp_s = CommandCodec(SPEC, StampScale()).read(message)
    except MessageError as error:
        assert str(error)
    else:
        assert command.position.shape == command.velocity.shape == (2,)
        assert math.isfinite(stamp_s)


@given(st.lists(joint_states(), min_size=2, max_size=4))
@MODEST
def test_what_came_before_changes_nothing(messages):
    """The order of joints is remembered from message to message."""
    used = CommandCodec(SPEC, StampScale())
    for message in messages:
        assert _outcome(used, message) == _outcome(CommandCodec(SPEC, StampScale()), message)


def _outcome(codec, message):
    try:
        command, _ = codec.read(message)
    except MessageError as error:
        return str(error)
    return command.position.tobytes() + command.velocity.tobytes()


@st.composite
def trajectories(draw):
    message = JointTrajectory(joint_names=draw(st.just(["a", "b"]) | st.just(["b", "a"]) | NAMES))
    size = len(message.joint_names)
    for _ in range(draw(st.integers(0, 4))):
        point = JointTrajectoryPoint()
        point.positions = array("d", draw(_sized(size)))
        point.velocities = array("d", draw(_sized(size) | st.just([])))
        point.time_from_start.sec = draw(SECONDS)
        point.time_from_start.nanosec = draw(NANOSECONDS)
        message.points.append(point)
    return message


def spec_with(kind):
    return replace(SPEC, controller=ControllerSpec(type=kind, name="arm"))


FOREIGN = JointTrajectory(
    joint_names=["b", "c", "a"], points=[JointTrajectoryPoint(positions=[0.0, 0.0])]
)
"""A joint that the controller does not have, and a number less."""


@given(trajectories())
@example(FOREIGN)
@MODEST
def test_any_trajectory_has_rising_finite_points_or_is_refused(message):
    try:
        points = make_codec(spec_with(ControllerType.JOINT_TRAJECTORY)).read(message)
    except MessageError as error:
        assert str(error)
    else:
        times = [point.after_s for point in points]
        assert times == sorted(set(times)) and times[0] >= 0.0
        assert all(point.command.position.shape == (2,) for point in points)


@pytest.mark.parametrize("kind", [ControllerType.FORWARD_POSITION, ControllerType.FORWARD_VELOCITY])
@given(numbers=NUMBERS)
@MODEST
def test_any_forward_command_is_one_point_or_refused(kind, numbers):
    try:
        (point,) = make_codec(spec_with(kind)).read(Float64MultiArray(data=array("d", numbers)))
    except MessageError as error:
        assert str(error)
    else:
        assert len(numbers) == 2 and np.isfinite(numbers).all()
        assert point.command.position.shape == point.command.velocity.shape == (2,)


@given(st.text(max_size=20) | st.just("base_link"), st.tuples(*[st.floats()] * 3))
@MODEST
def test_any_goal_is_three_finite_numbers_or_refused(frame, numbers):
    message = PoseStamped()
    message.header.frame_id = frame
    point = message.pose.position
    point.x, point.y, point.z = numbers
    try:
        goal = read_goal(message, "base_link")
    except MessageError as error:
        assert str(error)
    else:
        assert np.isfinite(goal.position).all()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
STATES = st.sampled_from(["UNARMED", "ARMED", "HOLD", "STOPPED"])


@given(
    st.text(max_size=60)
    | JSON.map(json.dumps)
    | st.fixed_dictionaries(
        {"state": STATES | JSON, "cause": JSON, "reasons": st.lists(st.text()) | JSON}
    ).map(json.dumps)
)
@example("[" * 9_999)
@example('{"a":' * 1_900)
@example("1" * 9_999)
@MODEST
def test_any_safety_state_is_a_report_or_none(text):
    report = read_state(String(data=text))
    assert report is None or (isinstance(report, GateReport) and isinstance(report.cause, str))


def test_huge_messages_are_refused_at_once_and_in_few_words():
    many, long = ["a", "b", *map(str, range(100_000))], ["x" * 1_000_000] * 200
    start_s = time.monotonic()
    for names in (many, long):
        message = JointState(name=names)
        message.position = message.velocity = array("d", bytes(8 * len(names)))
        with pytest.raises(MessageError) as caught:
            CommandCodec(SPEC, StampScale()).read(message)
        assert len(str(caught.value)) < 1_000
    message = JointTrajectory(joint_names=["a", "b"], points=[JointTrajectoryPoint()] * 100_000)
    with pytest.raises(MessageError, match="100000 points"):
        make_codec(spec_with(ControllerType.JOINT_TRAJECTORY)).read(message)
    assert read_state(String(data="[" * 10_000_000)) is None
    assert time.monotonic() - start_s < 5.0
