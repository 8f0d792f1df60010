"""A twin that is not bolted down, as separate processes: it tells of its body, stands and falls."""

import numpy as np
import pytest
from ros_processes import Witness, running_graph
from sensor_msgs.msg import Imu

from rl_agent.robots.profile import load_robot
from surefoot_nodes import qos
from surefoot_nodes.body_messages import read_imu

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("go1")
STANDS_S = 3.0


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What is seen of a graph whose actor asks for the home pose."""
    log = tmp_path_factory.mktemp("quadruped") / "up.log"
    arguments = ("twin", "--robot", "go1", "--task", "walk", "--actor", "zero")
    told = {}
    with (
        running_graph(*arguments, log=log) as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        witness.watch("imu", Imu, qos.STATES_IN)
        witness.until(lambda: witness.state == "ARMED", 60.0, graph.output)
        witness.spin(STANDS_S)
        told["state"] = witness.state
        told["imu"] = list(witness.seen["imu"].messages)
        told["proposals"] = list(witness.seen["command_raw/policy"].messages)
        told["joints"] = witness.seen["joint_states"].messages[-1]
        told["velocities"] = witness.publishers("odom")
    return told


def test_the_gate_arms_and_stays_armed(told):
    assert told["state"] == "ARMED"


def test_it_stands_upright_and_says_so(told):
    readings = [read_imu(message) for message in told["imu"]]
    assert len(readings) > STANDS_S * 20
    assert max(reading.projected_gravity[2] for reading in readings) < -0.99
    assert told["velocities"] == ["twin_node_io"]


def test_the_policy_proposes_the_home_pose(told):
    assert len(told["proposals"]) > STANDS_S * 5
    newest = told["proposals"][-1]
    assert list(newest.name) == list(SPEC.command_names)
    np.testing.assert_allclose(newest.position, SPEC.home, atol=0.01)
    # Its soft servos give way by no more than they do in the twin alone.
    assert np.abs(np.array(told["joints"].position) - SPEC.home).max() < 0.25
