"""A twin never runs where a real robot may be."""

import pytest
import rclpy
from ros_processes import Witness, fresh_domain, running_graph, running_node

from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
CONFIGURE, ACTIVATE = "configure", "activate"


@pytest.fixture
def stranger():
    """A node of somebody else, in a domain of its own."""
    domain = fresh_domain()
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node("arm_driver", context=context)
    node.domain = domain
    yield node
    node.destroy_node()
    rclpy.try_shutdown(context=context)


def test_surefoot_up_ends_with_a_sentence_where_somebody_publishes_joint_states(stranger, tmp_path):
    from sensor_msgs.msg import JointState

    stranger.create_publisher(JointState, "joint_states", 1)
    with running_graph("twin", domain=stranger.domain, log=tmp_path / "up.log") as graph:
        assert graph.process.wait(30) == 2
        output = graph.output()
    assert "/arm_driver publishes joint_states" in output
    assert "no twin runs here" in output
    assert "Traceback" not in output


def test_twin_refuses_where_somebody_listens_to_the_controllers_topic(stranger):
    from trajectory_msgs.msg import JointTrajectory

    topic = "arm_controller/joint_trajectory"
    stranger.create_subscription(JointTrajectory, topic, lambda message: None, 1)
    with (
        running_node("twin_node", domain=stranger.domain) as twin,
        Witness(stranger.domain, SPEC) as witness,
    ):
        assert witness.lifecycle.wait_for(["twin_node"], 20.0) == []
        done = witness.lifecycle.change(["twin_node"], CONFIGURE, 20.0)
        assert done == {"twin_node": False}
        assert twin.wait(5.0) == 2
        assert "/arm_driver listens to arm_controller/joint_trajectory" in twin.stderr.read()


def test_running_twin_ends_when_a_driver_appears(stranger):
    from sensor_msgs.msg import JointState

    with (
        running_node("twin_node", "discovery_s:=0.5", domain=stranger.domain) as twin,
        Witness(stranger.domain, SPEC) as witness,
    ):
        assert witness.lifecycle.wait_for(["twin_node"], 20.0) == []
        assert witness.lifecycle.change(["twin_node"], CONFIGURE, 20.0) == {"twin_node": True}
        assert witness.lifecycle.change(["twin_node"], ACTIVATE, 5.0) == {"twin_node": True}
        witness.until(lambda: len(witness.seen["joint_states"]) > 20)
        stranger.create_publisher(JointState, "joint_states", 1)
        assert twin.wait(10.0) == 2
        assert "/arm_driver publishes joint_states" in twin.stderr.read()
