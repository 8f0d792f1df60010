"""A twin's process: by what it can be reached on the wire, and by whom it is found."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from ros_processes import Witness, fresh_domain, running_node

from rl_agent.robots.profile import load_robot
from surefoot_nodes.environment import graph_environment

pytestmark = pytest.mark.ros
SPEC = load_robot("so101")
ASK = """
import rclpy
from lifecycle_msgs.srv import GetState
rclpy.init()
node = rclpy.create_node("somebodys_tool")
client = node.create_client(GetState, "safety_node/get_state")
assert client.wait_for_service(10.0), "not found"
future = client.call_async(GetState.Request())
rclpy.spin_until_future_complete(node, future, timeout_sec=10.0)
print(future.result().current_state.label)
"""


@pytest.fixture(scope="module", params=["twin", "robot"])
def told(request):
    """A gate's process of a graph that is kept here, and what others got to know of it."""
    domain = fresh_domain()
    environment = graph_environment(request.param, domain)
    with (
        running_node("safety_node", domain=domain, environment=environment) as process,
        Witness(domain, SPEC) as witness,
    ):
        told = {"missing": witness.lifecycle.wait_for(["safety_node"], 30.0)}
        told["states"] = witness.lifecycle.states(["safety_node"], 5.0)
        told["sockets"] = psutil.Process(process.pid).net_connections("inet")
        told["mapped"] = Path(f"/proc/{process.pid}/maps").read_text()
        # ROS's default range: an ordinary terminal's.
        own = {**os.environ, "ROS_DOMAIN_ID": str(domain)}
        own["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SUBNET"
        command = [sys.executable, "-c", ASK]
        told["tool"] = subprocess.run(
            command, env=own, capture_output=True, text=True, timeout=60, check=False
        )
    return told


def test_hears_and_speaks_on_the_loopback_interface_alone(told):
    assert len(told["sockets"]) >= 3  # discovery, data, and what is sent from
    # The kernel sends nothing from such an address to another machine, nor takes any in for it.
    assert {socket.laddr.ip for socket in told["sockets"]} == {"127.0.0.1"}


def test_has_no_shared_memory_that_a_dead_peer_could_block(told):
    assert "/dev/shm/fast" not in told["mapped"]


def test_is_found_by_tools_that_stay_on_this_machine(told):
    assert told["missing"] == []
    assert told["states"] == {"safety_node": "unconfigured"}


def test_is_found_by_tools_with_the_default_range(told):
    assert told["tool"].stdout.strip() == "unconfigured", told["tool"].stderr
