"""fault_node between a twin and its readers: passes on, lies, and refuses beside a real robot."""

import time

import pytest
from ros_processes import Witness, fresh_domain, running_node

from rl_agent.robots.profile import load_robot
from sim.sensor_faults import FaultKind, SensorFault

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")


@pytest.fixture(scope="module")
def story():
    """What happened, told once."""
    from sensor_msgs.msg import JointState
    from std_msgs.msg import String

    from surefoot_nodes import qos

    domain, told = fresh_domain(), {}
    with running_node("fault_node", "discovery_s:=0.3", domain=domain), Witness(domain, SPEC) as w:
        assert w.lifecycle.wait_for(["fault_node"], 20.0) == []
        assert w.lifecycle.change(["fault_node"], "configure", 20.0) == {"fault_node": True}
        assert w.lifecycle.change(["fault_node"], "activate", 5.0) == {"fault_node": True}
        truth = w.node.create_publisher(JointState, "joint_states_true", qos.STATES_OUT)
        faults = w.node.create_publisher(String, "fault", qos.LATCHED)
        seen = w.seen["joint_states"]

        def tell(number):
            message = JointState(name=list(SPEC.joint_names))
            message.header.stamp.sec = number
            message.position = message.velocity = [0.1 * number] * len(SPEC.joint_names)
            truth.publish(message)

        w.until(lambda: tell(1) or len(seen) > 0)
        w.spin(0.3)
        before = len(seen)
        tell(2)
        w.until(lambda: len(seen) > before)
        told["passed"] = seen.messages[-1]
        faults.publish(String(data="nonsense"))
        fault = SensorFault(kind=FaultKind.WRONG, offset=0.5, joints=("gripper",))
        faults.publish(String(data=fault.to_json()))
        w.spin(0.5)
        before = len(seen)
        tell(3)
        w.until(lambda: len(seen) > before)
        told["wrong"] = seen.messages[-1]
        faults.publish(String(data=SensorFault(kind=FaultKind.DELAYED, delay_s=0.4).to_json()))
        w.spin(0.5)
        before, sent_s = len(seen), time.monotonic()
        tell(4)
        w.until(lambda: len(seen) > before)
        told["delayed_s"] = seen.times_s[-1] - sent_s
        told["delayed"] = seen.messages[-1]
    return told


def test_readings_pass_with_their_stamps(story):
    message = story["passed"]
    assert message.header.stamp.sec == 2
    assert list(message.name) == list(SPEC.joint_names)
    assert list(message.position) == pytest.approx([0.2] * 6)


def test_a_fault_that_is_none_changes_nothing_and_the_next_one_sets_in(story):
    assert list(story["wrong"].position) == pytest.approx([0.3] * 5 + [0.8])


def test_delayed_readings_come_late_with_their_own_stamps(story):
    assert story["delayed"].header.stamp.sec == 4
    assert 0.4 <= story["delayed_s"] < 1.0


def test_it_refuses_where_a_driver_publishes_joint_states():
    from sensor_msgs.msg import JointState

    domain = fresh_domain()
    with Witness(domain, SPEC) as w, running_node("fault_node", domain=domain) as process:
        w.node.create_publisher(JointState, "joint_states", 1)
        assert w.lifecycle.wait_for(["fault_node"], 20.0) == []
        assert w.lifecycle.change(["fault_node"], "configure", 20.0) == {"fault_node": False}
        assert process.wait(5.0) == 2
        assert "no faults are made here" in process.stderr.read()
