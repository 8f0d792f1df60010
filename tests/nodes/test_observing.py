"""`observe` beside a robot that somebody else drives: it shows, and commands nothing."""

import time

import numpy as np
import pytest
import rclpy
from ros_processes import Witness, running_graph

from rl_agent.robots.profile import load_robot
from rl_agent.types import Measurement
from surefoot_nodes import qos
from surefoot_nodes.conversions import MeasurementCodec
from surefoot_nodes.stamps import StampScale

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A driver that reports the home pose at 200 Hz, and what is seen beside it."""
    from sensor_msgs.msg import JointState

    log = tmp_path_factory.mktemp("observe") / "up.log"
    told = {}
    with (
        running_graph("observe", "--goal-period", "1", log=log) as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        driver = witness.node.create_publisher(JointState, "joint_states", qos.STATES_OUT)
        codec, rest = MeasurementCodec(SPEC, StampScale()), np.zeros(len(SPEC.joints))
        observed = witness.seen["observed_command"]
        start_s = time.monotonic()
        while len(observed) < 40:
            assert time.monotonic() < start_s + 30.0, graph.output()
            stamp_s = time.monotonic() - start_s
            driver.publish(codec.write(Measurement(stamp_s, SPEC.home, rest)))
            witness.spin(1.0 / SPEC.state_hz)
        told["observed"] = observed
        told["topics"] = {
            name: witness.publishers(name.strip("/"))
            for name, _ in witness.node.get_topic_names_and_types()
        }
        told["nodes"] = witness.node.get_node_names()
        told["exit"], told["exit_s"] = graph.interrupt()
    return told


def test_shows_what_it_would_command_at_the_policys_rate(told):
    intervals = np.diff(told["observed"].times_s)
    assert np.median(intervals) == pytest.approx(SPEC.policy_period_s, rel=0.1)
    message = told["observed"].messages[-1]
    assert list(message.name) == list(SPEC.command_names)
    # One step from where the robot stands: what it would ask for next, not a path that adds up.
    step = np.array([j.max_velocity for j in SPEC.command_joints]) * SPEC.policy_period_s
    assert np.all(np.abs(np.array(message.position) - SPEC.home) <= step)


def test_publishes_nothing_that_anybody_obeys(told):
    commanding = [
        topic
        for topic, publishers in told["topics"].items()
        if publishers and ("command_raw" in topic or "arm_controller" in topic)
    ]
    assert commanding == []
    assert "safety_node" not in told["nodes"]


def test_ends_on_interrupt(told):
    assert told["exit"] == 130
    assert told["exit_s"] <= 3.0


def test_uses_real_ros():
    assert rclpy.get_rmw_implementation_identifier().startswith("rmw_")
