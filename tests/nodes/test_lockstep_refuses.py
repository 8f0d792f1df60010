"""Lock-step is for twins: nothing that a user, a file or a shell can say brings it to a robot."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
import yaml

from rl_agent.cli.main import main
from rl_agent.clock import ManualClock
from rl_agent.exceptions import GraphError, ProfileError
from rl_agent.robots.profile import load_robot
from rl_agent.safety.gate import Gate
from surefoot_nodes.company_watch import CompanyWatch
from surefoot_nodes.environment import graph_environment
from surefoot_nodes.graph import KINDS, GraphConfig, make_graph
from surefoot_nodes.launch_factory import launch_arguments
from surefoot_nodes.lockstep import Lockstep
from surefoot_nodes.up import UpOptions, make_config, run_graph

ALL = ["twin_node", "safety_node", "policy_node"]


def clear(monkeypatch):
    for name in ("ROS_AUTOMATIC_DISCOVERY_RANGE", "RMW_IMPLEMENTATION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "twin"])
def test_no_other_graph_than_a_twins_is_in_lockstep(kind):
    with pytest.raises(GraphError, match="a robot waits for nobody"):
        make_graph(kind, GraphConfig(is_lockstep=True))


def test_a_robot_is_not_started_in_lockstep():
    with pytest.raises(GraphError, match="a robot waits for nobody"):
        run_graph("robot", UpOptions(is_lockstep=True))


@pytest.mark.parametrize("verb", ["up", "live"])
def test_a_robots_verbs_do_not_know_the_option(verb, capsys):
    assert main([verb, "robot", "--lockstep"]) == 2
    assert "No such option" in capsys.readouterr().err


def test_a_robots_launch_file_has_no_such_argument():
    for kind in KINDS:
        if kind != "faults":
            names = [argument.name for argument in launch_arguments(kind)]
            assert ("lockstep" in names) is (kind == "twin")


def test_who_takes_part_knows_it_and_is_not_started_again():
    nodes = make_graph("twin", GraphConfig(is_lockstep=True, run="/run", record="/out"))
    taking_part = [n for n in nodes if "lockstep" in n.parameters]
    names = [node.executable for node in taking_part]
    assert names == ["twin_node", "safety_node", "policy_node", "goal_node"]
    assert all(n.parameters["lockstep"] == names and not n.respawn for n in taking_part)
    assert {n.executable for n in nodes if n.respawn} == {"recorder_node", "learner_node"}


@pytest.mark.parametrize("kind", ["twin", "robot"])
def test_without_the_option_nobody_is_in_lockstep(kind):
    nodes = make_graph(kind, GraphConfig(run="/run"))
    assert not any("lockstep" in node.parameters for node in nodes)
    assert not any(node.parameters.get("meet_every") for node in nodes)


@pytest.mark.parametrize(("name", "value"), [("lockstep", ALL), ("meet_every", 10)])
def test_a_parameter_file_cannot_ask_for_it(tmp_path, name, value):
    params = tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump({"policy_node": {"ros__parameters": {name: value}}}))
    with pytest.raises(ProfileError, match="is no setting of a file"):
        make_config(UpOptions(params=params))


def test_a_person_at_the_joystick_does_not_go_with_it():
    with pytest.raises(ProfileError, match="--teleop"):
        make_config(UpOptions(is_lockstep=True, has_teleop=True))


def test_a_node_takes_part_on_the_loopback_interface_alone(monkeypatch):
    clear(monkeypatch)
    node = SimpleNamespace()
    with pytest.raises(GraphError, match="on this machine alone"):
        Lockstep(node, ALL)
    for name, value in graph_environment("robot").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(GraphError, match="on this machine alone"):
        Lockstep(node, ALL)
    for name, value in graph_environment("twin").items():
        monkeypatch.setenv(name, value)
    assert Lockstep(node, ALL).clock.now() == 0.0


def test_loopback_profile_counts_only_with_a_middleware_that_reads_it(monkeypatch):
    clear(monkeypatch)
    for name, value in graph_environment("twin").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RMW_IMPLEMENTATION", "rmw_cyclonedds_cpp")
    with pytest.raises(GraphError, match="on this machine alone"):
        Lockstep(SimpleNamespace(), ALL)


def test_a_gate_without_a_twin_does_not_take_part(monkeypatch):
    for name, value in graph_environment("twin").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(GraphError, match="for a twin"):
        Lockstep(SimpleNamespace(), ["safety_node", "policy_node"])


class Graph:
    """A node's view of who is on which topic."""

    def __init__(self, **topics):
        self._topics = topics

    def resolve_topic_name(self, topic):
        return topic.replace("/", "_")

    def get_publishers_info_by_topic(self, topic):
        names = self._topics.get(f"to_{topic}", [])
        return [SimpleNamespace(node_namespace="/", node_name=name) for name in names]

    def get_subscriptions_info_by_topic(self, topic):
        names = self._topics.get(f"from_{topic}", [])
        return [SimpleNamespace(node_namespace="/", node_name=name) for name in names]


@pytest.mark.parametrize(
    ("topics", "stranger"),
    [
        ({"to_joint_states": ["twin_node_io"], "from_arm_commands": ["twin_node_io"]}, ""),
        ({"from_arm_commands": ["twin_node_io", "recorder_node_io", "_ros2cli_1"]}, ""),
        ({"to_joint_states": ["twin_node_io", "arm_driver"]}, "/arm_driver"),
        ({"to_joint_states": ["twin_node_io", "twin_node_io"]}, "/twin_node_io"),
        ({"from_arm_commands": ["twin_node_io", "arm_controller"]}, "/arm_controller"),
    ],
)
def test_a_gate_in_lockstep_trips_where_somebody_else_drives(monkeypatch, topics, stranger):
    for name, value in graph_environment("twin").items():
        monkeypatch.setenv(name, value)
    lockstep = Lockstep(SimpleNamespace(), ALL)
    lockstep._io = Graph(**topics)
    gate = Gate(load_robot("so101", policy_hz=20.0), ManualClock())
    told = []
    gate.on_signal = told.append
    watch = CompanyWatch(
        lockstep._io, gate, threading.Lock(), "arm/commands", (), lockstep.strangers
    )
    assert stranger in watch.look()
    assert bool(watch.look()) == bool(stranger)
    assert [signal.is_final for signal in told] == [bool(stranger)] * 2


def test_a_gate_that_is_told_to_by_hand_ends_with_a_sentence(monkeypatch):
    clear(monkeypatch)
    names = "lockstep:=[twin_node, safety_node]"
    command = [sys.executable, "-m", "surefoot_nodes.safety_node", "--ros-args", "-p", names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "a robot waits for nobody" in done.stderr
    assert "Traceback" not in done.stderr
