import math
from dataclasses import replace

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState

from rl_agent.types import SHARES, Command, GateOutput, Measurement, Reason, SafetyState, Source
from surefoot_nodes.conversions import (
    CommandCodec,
    JointOrder,
    MeasurementCodec,
    MessageError,
    output_tags,
    read_goal,
    read_tags,
    write_goal,
)
from surefoot_nodes.driver_units import DriverUnits
from surefoot_nodes.stamps import StampScale


@pytest.fixture
def spec():
    """Joint a turns the other way round, in degrees, with a quarter turn of offset; b is plain."""
    plain = planar_spec()
    a, b = plain.joints
    a = replace(a, sign=-1, scale=math.pi / 180.0, offset_rad=math.pi / 2.0)
    return replace(plain, joints=(a, b))


@pytest.fixture
def codec(spec):
    return MeasurementCodec(spec, StampScale())


def joint_states(names=("a", "b"), position=(90.0, 0.5), velocity=(10.0, -1.0), sec=5, nanosec=7):
    message = JointState(name=list(names))
    message.header.stamp.sec, message.header.stamp.nanosec = sec, nanosec
    message.position, message.velocity = list(position), list(velocity)
    return message


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


def test_driver_units_become_si(codec):
    # a: -1 * pi/180 * 90 + pi/2 = 0, speed -1 * pi/180 * 10 = -0.174533.
    measurement = codec.read(joint_states(), received_s=3.0)
    np.testing.assert_allclose(measurement.position, [0.0, 0.5], atol=1e-12)
    np.testing.assert_allclose(measurement.velocity, [-0.17453292519943295, -1.0])
    assert measurement.received_s == 3.0


def test_joints_are_found_by_name_in_any_order_among_others(codec):
    shuffled = joint_states(("gripper", "b", "a"), (9.0, 0.5, 90.0), (9.0, -1.0, 10.0))
    measurement = codec.read(shuffled, 0.0)
    np.testing.assert_allclose(measurement.position, [0.0, 0.5], atol=1e-12)


def test_another_order_in_the_next_message_is_noticed(codec):
    codec.read(joint_states(), 0.0)
    swapped = codec.read(joint_states(("b", "a"), (0.5, 90.0), (-1.0, 10.0)), 0.0)
    np.testing.assert_allclose(swapped.position, [0.0, 0.5], atol=1e-12)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (joint_states(("a",), (1.0,), (0.0,)), "lacks b"),
        (joint_states(("a", "b", "b"), (1.0,) * 3, (0.0,) * 3), "b twice"),
        (joint_states(position=(1.0,)), "1 numbers in position"),
        (joint_states(velocity=(1.0, 2.0, 3.0)), "3 numbers in velocity"),
        (joint_states(velocity=()), "no velocities"),
        (joint_states(tuple(map(str, range(300))), (0.0,) * 300, (0.0,) * 300), "300 joints"),
    ],
)
def test_messages_that_cannot_be_used_say_why(codec, message, words):
    with pytest.raises(MessageError, match=words):
        codec.read(message, 0.0)


def test_numbers_that_are_not_finite_pass_for_the_gate_to_judge(codec):
    assert not codec.read(joint_states(position=(math.nan, 0.0)), 0.0).is_finite()


def test_measurement_survives_the_wire(codec):
    sent = Measurement(12.345678901, np.array([0.3, -0.7]), np.array([1e-3, 2.0]))
    read = codec.read(over_the_wire(codec.write(sent)), 0.0)
    np.testing.assert_allclose(read.position, sent.position, atol=1e-15)
    np.testing.assert_allclose(read.velocity, sent.velocity, atol=1e-15)
    assert read.stamp_s == 0.0  # the scale's first stamp is its zero
    later = codec.read(over_the_wire(codec.write(replace(sent, stamp_s=12.345678901))), 0.0)
    assert later.stamp_s == 12.345678901


def test_stamps_come_back_to_the_nanosecond():
    scale = StampScale()
    now = joint_states(sec=1795251935, nanosec=123456789).header.stamp
    later = joint_states(sec=1795251999, nanosec=999999999).header.stamp
    assert scale.to_seconds(now) == 0.0
    written = JointState().header.stamp
    scale.write(scale.to_seconds(later), written)
    assert (written.sec, written.nanosec) == (1795251999, 999999999)


def test_stamps_before_the_first_one_count_down():
    scale = StampScale()
    scale.to_seconds(joint_states(sec=10, nanosec=0).header.stamp)
    assert scale.to_seconds(joint_states(sec=9, nanosec=500_000_000).header.stamp) == -0.5


def test_command_survives_the_wire_bit_by_bit(spec):
    codec = CommandCodec(spec, StampScale())
    sent = Command(np.array([0.1, 1 / 3]), np.array([-2.5, 1e-17]))
    message = over_the_wire(codec.write(sent, 0.25, "tick=1"))
    command, stamp_s = codec.read(message)
    assert command.position.tolist() == sent.position.tolist()
    assert command.velocity.tolist() == sent.velocity.tolist()
    assert (stamp_s, message.header.frame_id) == (0.0, "tick=1")


def test_numpy_scalars_do_not_reach_the_wire_as_garbage(spec):
    codec = CommandCodec(spec, StampScale())
    whole = Command(np.array([1, 2]), np.array([0.5, 0.25], dtype=np.float32))
    message = over_the_wire(codec.write(whole, 0.0))
    assert list(message.position) == [1.0, 2.0]
    assert list(message.velocity) == [0.5, 0.25]


def test_order_is_looked_up_once_per_sender():
    order = JointOrder(["x", "y"])
    first = order.index(["y", "x"])
    assert order.index(["y", "x"]) is first
    assert first.tolist() == [1, 0]


def test_tags_tell_tick_reasons_source_and_state():
    output = GateOutput(
        tick=7,
        state=SafetyState.ARMED,
        command=None,
        source=Source.POLICY,
        reasons=Reason.POSITION | Reason.VELOCITY,
        shares={},
        stamp_s=0.0,
    )
    assert output_tags(output) == "tick=7;reasons=3;source=policy;state=ARMED"
    held = replace(output, source=None, state=SafetyState.HOLD)
    assert output_tags(held) == "tick=7;reasons=3;source=;state=HOLD"


def test_goal_survives_the_wire():
    message = over_the_wire(write_goal(np.array([0.2, -0.1, 0.3]), "base_link"))
    np.testing.assert_array_equal(read_goal(message, "base_link").position, [0.2, -0.1, 0.3])
    assert message.pose.orientation.w == 1.0


def test_goal_without_a_frame_is_in_the_base():
    assert read_goal(PoseStamped(), "base_link").position.tolist() == [0.0, 0.0, 0.0]


def test_goal_in_another_frame_is_refused():
    with pytest.raises(MessageError, match=r"'camera'.*'base_link'"):
        read_goal(write_goal(np.zeros(3), "camera"), "base_link")


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_goal_that_is_not_finite_is_refused(bad):
    with pytest.raises(MessageError, match="not finite"):
        read_goal(write_goal(np.array([0.0, bad, 0.0]), "base_link"), "base_link")


def test_driver_units_round_trip(spec):
    units = DriverUnits(spec.joints)
    position, velocity = np.array([0.4, -1.1]), np.array([2.0, 0.1])
    back = units.position_to_si(units.position_to_driver(position))
    np.testing.assert_allclose(back, position, atol=1e-15)
    back = units.velocity_to_si(units.velocity_to_driver(velocity))
    np.testing.assert_allclose(back, velocity, atol=1e-15)


@given(
    tick=st.integers(0, 2**40),
    reasons=st.integers(0, 2**29 - 1),
    source=st.sampled_from([None, *Source]),
    state=st.sampled_from(SafetyState),
    shares=st.lists(st.floats(0.0, 1e3), min_size=3, max_size=3),
)
def test_tags_are_read_as_they_were_written(tick, reasons, source, state, shares):
    output = GateOutput(
        tick, state, None, source, Reason(reasons), dict(zip(SHARES, shares, strict=True)), 0.0
    )
    found = read_tags(output_tags(output))
    assert (found.reasons, found.source, found.state) == (reasons, source or "", state)
    np.testing.assert_allclose(found.shares, shares, rtol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "base_link",
        "tick=1;reasons=x;source=;state=ARMED",
        "reasons=1;source=policy",
        "reasons=-1;source=policy;state=ARMED",
        "reasons=1;source=policy;state=ARMED;shares=1,2",
        "reasons=1;source=policy;state=ARMED;shares=nan,0,0",
    ],
)
def test_what_is_no_tag_of_the_gate_is_none(text):
    assert read_tags(text) is None
