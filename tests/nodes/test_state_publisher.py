from dataclasses import replace
from types import SimpleNamespace

import pytest

from rl_agent.robots.profile import load_robot
from sim.twin import Twin
from surefoot_nodes.pace import RealTime
from surefoot_nodes.stamps import StampScale
from surefoot_nodes.state_publisher import StatePublisher


class Topics:
    """A node that only remembers, in order, what was published where."""

    def __init__(self):
        self.published = []

    def create_publisher(self, kind, topic, profile):
        return SimpleNamespace(publish=lambda message: self.published.append((topic, message)))


def stamps_ns(published, topic):
    stamps = [message.header.stamp for name, message in published if name == topic]
    return [stamp.sec * 10**9 + stamp.nanosec for stamp in stamps]


@pytest.mark.parametrize(("num_late", "told"), [(0, [2, 4, 6, 8]), (1, [2, 4, 6]), (3, [2])])
def test_a_state_leaves_when_so_many_newer_ones_are_known(num_late, told):
    spec, node = load_robot("so101"), Topics()
    twin = Twin(spec)
    states = StatePublisher(node, spec, StampScale(), None)
    states.start(num_late)
    for _ in range(4):
        twin.step(1)
        states.publish(twin.measure(), twin.data)
    assert stamps_ns(node.published, "joint_states") == [ms * 10**6 for ms in told]


def test_a_body_is_told_just_before_the_joints_of_the_same_moment():
    spec, node = load_robot("go1"), Topics()
    twin = Twin(spec)
    states = StatePublisher(node, spec, StampScale(), twin.base)
    states.start(1)
    for _ in range(3):
        twin.step(50)
        states.publish(twin.measure(), twin.data)
    topics = [topic for topic, _ in node.published]
    assert topics == ["imu", "odom", "joint_states"] * 2
    assert stamps_ns(node.published, "imu") == stamps_ns(node.published, "joint_states")


def test_a_new_start_forgets_what_was_on_its_way():
    spec, node = load_robot("so101"), Topics()
    twin = Twin(spec)
    states = StatePublisher(node, spec, StampScale(), None)
    states.start(1)
    states.publish(twin.measure(), twin.data)
    states.start(1)
    states.publish(twin.measure(), twin.data)
    assert node.published == []


@pytest.mark.parametrize(
    ("observation_ms", "action_ms", "expected"),
    [(4.0, 4.0, (0.0, 0.0)), (0.0, 0.0, (0.0, 0.0)), (24.0, 9.0, (0.020, 0.005))],
)
def test_in_real_time_a_twin_adds_what_the_graph_lacks(observation_ms, action_ms, expected):
    spec = load_robot("so101")
    delays = {"observation_delay_ms": observation_ms, "action_delay_ms": action_ms}
    spec = replace(spec, twin=replace(spec.twin, **delays))
    assert RealTime.delays_s(None, spec) == pytest.approx(expected)
