from dataclasses import replace

import numpy as np
import pytest

from rl_agent.exceptions import ReportError
from rl_agent.reporting.recording import parse_tags, read_recording
from rl_agent.robots.profile import load_robot
from rl_agent.types import Reason, SafetyState

rosbag2 = pytest.importorskip("rosbags.rosbag2")
typesys = pytest.importorskip("rosbags.typesys")
STORE = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
SPEC = load_robot("so101")


def header(stamp_ns, frame_id=""):
    time = STORE.types["builtin_interfaces/msg/Time"]
    stamp = time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    return STORE.types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame_id)


def joint_state(stamp_ns, names, position, velocity, frame_id=""):
    return STORE.types["sensor_msgs/msg/JointState"](
        header=header(stamp_ns, frame_id),
        name=list(names),
        position=np.array(position, float),
        velocity=np.array(velocity, float),
        effort=np.zeros(0),
    )


def goal(x, y, z):
    point = STORE.types["geometry_msgs/msg/Point"](x=x, y=y, z=z)
    turn = STORE.types["geometry_msgs/msg/Quaternion"](x=0.0, y=0.0, z=0.0, w=1.0)
    pose = STORE.types["geometry_msgs/msg/Pose"](position=point, orientation=turn)
    return STORE.types["geometry_msgs/msg/PoseStamped"](header=header(0), pose=pose)


@pytest.fixture
def bag(tmp_path):
    """One measurement with its joints in another order, two commands, one goal."""
    names = SPEC.joint_names
    values = np.arange(6.0)
    messages = [
        ("/so101/joint_states", 1.5, joint_state(7, names[::-1], values[::-1], -values[::-1])),
        (
            "/so101/applied_command",
            1.25,
            joint_state(7, names, values, values, "tick=41;reasons=6;source=policy;state=ARMED"),
        ),
        (
            "/so101/applied_command",
            1.75,
            joint_state(8, names, values, values, "tick=42;reasons=1024;source=;state=HOLD"),
        ),
        ("/so101/goal", 1.0, goal(0.25, -0.125, 0.5)),
    ]
    path = tmp_path / "bag"
    plugin = rosbag2.StoragePlugin.MCAP
    with rosbag2.Writer(path, version=9, storage_plugin=plugin) as writer:
        connections = {}
        for topic, received_s, message in messages:
            kind = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=STORE)
            data = STORE.serialize_cdr(message, kind)
            writer.write(connections[topic], int(received_s * 1e9), data)
    return path


def test_joints_come_in_the_profiles_order_whatever_the_messages(bag):
    measurements = read_recording(bag, SPEC).measurements
    np.testing.assert_array_equal(measurements.position, [np.arange(6.0)])
    np.testing.assert_array_equal(measurements.velocity, [-np.arange(6.0)])
    assert measurements.stamps_ns.tolist() == [7]
    assert measurements.received_s.tolist() == [1.5]


def test_measurements_come_from_the_drivers_units_to_ours(bag):
    turned = replace(SPEC.joints[1], sign=-1, scale=2.0, offset_rad=0.5)
    spec = replace(SPEC, joints=(SPEC.joints[0], turned, *SPEC.joints[2:]))
    recording = read_recording(bag, spec)
    # The driver says 1 rad at -1 rad/s: -2 * 1 + 0.5 and -2 * -1.
    assert recording.measurements.position[0, 1] == -1.5
    assert recording.measurements.velocity[0, 1] == 2.0
    assert recording.applied.position[0, 1] == 1.0


def test_what_the_gate_says_about_its_ticks_is_read(bag):
    applied = read_recording(bag, SPEC).applied
    assert applied.ticks.tolist() == [41, 42]
    assert applied.states == (SafetyState.ARMED, SafetyState.HOLD)
    assert applied.interventions() == {"VELOCITY": 1, "ACCELERATION": 1, "STALE_PROPOSAL": 1}
    assert Reason.STALE_PROPOSAL == 1024
    assert applied.trace().is_braking.tolist() == [False, True]
    assert applied.policy_arrivals().stamps_ns.tolist() == [7]


def test_what_leads_out_of_stopped_is_an_arming(bag):
    applied = read_recording(bag, SPEC).applied
    stopped = replace(applied, states=(SafetyState.STOPPED, SafetyState.HOLD))
    assert stopped.trace().is_start.tolist() == [False, True]
    assert applied.trace().is_start.tolist() == [False, False]


def test_goals_and_empty_topics_are_arrays_too(bag):
    recording = read_recording(bag, SPEC)
    assert recording.goals.tolist() == [[0.25, -0.125, 0.5]]
    assert recording.goal_received_s.tolist() == [1.0]
    assert recording.proposals.position.shape == (0, 6)


def test_a_missing_recording_is_refused_by_name(tmp_path):
    with pytest.raises(ReportError, match="nowhere"):
        read_recording(tmp_path / "nowhere", SPEC)


def test_tags_without_meaning_are_ignored():
    assert parse_tags("base_link") == {}
    assert parse_tags("tick=3;state=ARMED") == {"tick": "3", "state": "ARMED"}
