"""sros2/policy.xml against the processes that run: nothing missing, and nothing allowed in vain.

A new topic needs one line in the XML. What a twin's graph does not show stands in ELSEWHERE.
"""

import os
import signal
import subprocess
import sys
from unittest import mock
from xml.etree import ElementTree

import pytest
from node_access import KINDS, differences, full_name, observed, parse, permitted
from rcl_interfaces.srv import GetParameters, SetParameters
from ros_processes import Witness, fresh_domain, running_graph
from std_srvs.srv import SetBool, Trigger

from rl_agent.exceptions import GraphError
from rl_agent.robots.profile import load_robot
from rl_agent.types import Source
from surefoot_nodes.enclaves import POLICY, PREFIX, enclave_arguments
from surefoot_nodes.operator_calls import ORDER, _connect
from surefoot_nodes.up import UpOptions, run_graph

SPEC = load_robot("so101")
PERMITTED = permitted(POLICY)
OPERATOR = "surefoot_operator"
JOG, PREFLIGHT = "surefoot_jog", "surefoot_preflight"
"""In the operator's hands as well; test_commissioning.py compares them with what runs."""
LIVE = ("learner_node", "learner_node_io", "link_node", "link_node_io")
"""Of `surefoot live` alone."""
NODES = [name for name in PERMITTED if name not in (OPERATOR, JOG, PREFLIGHT, *LIVE)]
# Asked only when a process was started again (`Bringup.tend`).
STATES = {f"/{node}/get_state" for node in NODES if f"{node}_io" in NODES}
# (node, kind): what is allowed and not seen in a twin's graph.
ELSEWHERE = {
    # `surefoot up observe`, `surefoot live`
    ("policy_node_io", "publish"): {"/observed_command", "/policy_state", "/resetting"},
    ("policy_node_io", "reply"): {"/begin_episode", "/judge_episode"},
    ("supervisor", "subscribe"): {"/learner_state", "/policy_state"},
    ("supervisor", "request"): STATES
    | {"/reset", "/stand_up", "/begin_episode", "/judge_episode"}
    | {f"/{node}/{name}_state" for node in LIVE[::2] for name in ("change", "get")},
    # Of robots that are not bolted down.
    ("twin_node_io", "publish"): {"/imu", "/odom"},
    ("twin_node_io", "reply"): {"/stand_up"},
    ("recorder_node_io", "subscribe"): {"/imu", "/odom"},
    ("blackbox_node_io", "subscribe"): {"/imu", "/odom"},
    ("policy_node_io", "subscribe"): {"/imu", "/odom"},
    # Where a profile asks for them.
    ("safety_node_io", "subscribe"): {
        "/joy",
        "/imu",
        "/battery_state",
        "/temperature",
        "/presence",
    },
}
CONTROLLER = "/arm_controller/joint_trajectory"


def who_may(kind, name):
    return sorted(node for node, access in PERMITTED.items() if name in access[kind])


def test_the_document_has_the_form_that_sros2_reads():
    builder = ElementTree.TreeBuilder(insert_comments=True)
    parser = ElementTree.XMLParser(target=builder)  # noqa: S314  # ours
    root = ElementTree.fromstring(POLICY.read_text(), parser)  # noqa: S314
    assert (root.tag, root.attrib["version"]) == ("policy", "0.2.0")
    (enclaves,) = root.findall("enclaves")
    # Its tool takes every child for an enclave, comments too.
    assert [child.tag for child in enclaves] == ["enclave"] * len(enclaves)
    assert all(len(enclave.findall("profiles")) == 1 for enclave in enclaves)
    for block in parse(POLICY).iterfind(".//profile/*"):
        assert block.tag == ("services" if {"reply", "request"} & set(block.attrib) else "topics")
        assert {child.tag for child in block} == {block.tag.removesuffix("s")}


def test_each_process_has_an_enclave_of_its_own_name():
    for enclave in parse(POLICY).iter("enclave"):
        name = enclave.attrib["path"].removeprefix(PREFIX)
        nodes = [profile.attrib["node"] for profile in enclave.iter("profile")]
        expected = {
            "operator": [OPERATOR, PREFLIGHT, JOG],
            "supervisor": ["supervisor"],
            "twin_node": ["twin_node", "twin_node_io", SPEC.controller.name],
        }
        assert nodes == expected.get(name, [name, f"{name}_io"])


def test_nothing_is_allowed_by_a_pattern():
    names = [name for access in PERMITTED.values() for kind in KINDS for name in access[kind]]
    assert len(names) > 100 and not any(set(name) & set("*?[]") for name in names)


def test_the_gate_alone_may_command_the_controller_and_say_what_it_applied():
    assert f"/{SPEC.controller.name}/joint_trajectory" == CONTROLLER
    for topic in (CONTROLLER, "/applied_command", "/safety_state"):
        assert who_may("publish", topic) == ["safety_node_io"]
    for service in ("/arm", "/estop", "/reset"):
        assert who_may("reply", service) == ["safety_node"]


def test_proposals_come_from_one_node_each_and_readings_from_the_twin_alone():
    assert who_may("publish", "/command_raw/policy") == ["policy_node_io"]
    assert who_may("publish", "/joint_states") == ["twin_node_io"]
    # A human drives by joystick or jogs; whoever does both at once is a second publisher.
    assert who_may("publish", "/command_raw/human") == ["surefoot_jog", "teleop_node_io"]
    for source in Source:
        assert "safety_node_io" in who_may("subscribe", f"/command_raw/{source}")


def test_the_recorder_says_nothing_but_what_every_node_says():
    said = PERMITTED["recorder_node"]["publish"] | PERMITTED["recorder_node_io"]["publish"]
    assert said == {"/rosout", "/parameter_events", "/recorder_node/transition_event"}
    assert PERMITTED["recorder_node"]["request"] | PERMITTED["recorder_node_io"]["request"] == set()


def test_an_operator_may_stop_and_nobody_but_supervisor_and_operator_may_arm():
    assert who_may("request", "/estop") == [JOG, OPERATOR]
    assert who_may("request", "/arm") == ["supervisor", JOG, OPERATOR]
    assert who_may("request", "/safety_node/change_state") == ["supervisor", OPERATOR]


def test_names_resolve_as_ros_resolves_them():
    assert full_name("~/get_state", "gate", "/") == "/gate/get_state"
    assert full_name("goal", "gate", "/arm") == "/arm/goal"
    assert full_name("/rosout", "gate", "/arm") == "/rosout"


def test_a_difference_is_told_in_both_directions():
    plain = {kind: set() for kind in KINDS}
    may, does = {"a": plain | {"publish": {"/x"}}}, {"a": plain | {"publish": {"/y"}}}
    assert differences(may, does) == ["a may not publish /y", "a need not publish /x"]
    assert differences(may, {}) == ["a: not running"]


@pytest.mark.ros
@pytest.mark.slow
def test_the_policy_allows_what_runs_and_nothing_else(tmp_path):
    expected = {
        node: {kind: names - ELSEWHERE.get((node, kind), set()) for kind, names in access.items()}
        for node, access in PERMITTED.items()
        if node in NODES
    }
    box = ("--blackbox", str(tmp_path / "box"))
    arguments = ("twin", "--teleop", "--record", str(tmp_path / "recording"), *box)
    with (
        running_graph(*arguments, log=tmp_path / "up.log") as graph,
        # By another name than the recorder's: that one is there already.
        Witness(graph.domain, SPEC, watches_controller=False) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: witness.state == "ARMED", why=graph.output)
        found = {}

        def is_seen():
            found.update(observed(witness.node, NODES))
            return not differences(expected, found)

        try:
            witness.until(is_seen)
        except AssertionError:
            assert differences(expected, found) == []
        strangers = {name for name in witness.node.get_node_names() if name not in PERMITTED}
        assert strangers == {"witness"}
        assert operator_differences(graph.domain) == []
        assert graph.interrupt()[0] == 130


def operator_differences(domain):
    """Return how an operator's node differs from its profile, once it used all it can use."""
    with mock.patch.dict(os.environ), _connect(domain, False, "") as client:
        assert client.wait_for(ORDER, 20.0) == []
        assert set(client.states(ORDER, 10.0)) == set(ORDER)
        for kind, name in (
            (Trigger, "estop"),
            (Trigger, "reset"),
            (SetBool, "arm"),
            (GetParameters, "safety_node/get_parameters"),
            (SetParameters, "safety_node/set_parameters"),
        ):
            assert client.is_offered(kind, name)
        found = observed(client._node, [OPERATOR])
        return differences({OPERATOR: PERMITTED[OPERATOR]}, found)


ENFORCE = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}


@pytest.mark.ros
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (ENFORCE, "needs ROS_SECURITY_KEYSTORE"),
        ({**ENFORCE, "ROS_SECURITY_KEYSTORE": "/nowhere"}, "/surefoot/safety_node"),
        ({"ROS_SECURITY_STRATEGY": "Enforce"}, "no effect without ROS_SECURITY_ENABLE=true"),
    ],
)
def test_a_node_refuses_to_run_in_the_open_where_security_is_enforced(variables, words):
    stderr, status = run_node(variables)
    assert status == 2
    assert words in stderr and "Traceback" not in stderr


@pytest.mark.ros
def test_a_keystore_without_keys_or_middleware_without_security_is_refused_in_one_sentence(
    tmp_path,
):
    (tmp_path / "enclaves/surefoot/safety_node").mkdir(parents=True)
    stderr, status = run_node({**ENFORCE, "ROS_SECURITY_KEYSTORE": str(tmp_path)})
    assert status == 2
    assert "could not secure this process" in stderr and "Traceback" not in stderr


def run_node(variables):
    plain = {k: v for k, v in os.environ.items() if not k.startswith("ROS_SECURITY")}
    process = subprocess.Popen(
        [sys.executable, "-m", "surefoot_nodes.safety_node"],
        env={**plain, "ROS_DOMAIN_ID": str(fresh_domain()), **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        return process.communicate(timeout=30.0)[1], process.returncode
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def test_up_refuses_before_it_starts_anything(monkeypatch):
    monkeypatch.setenv("ROS_SECURITY_ENABLE", "true")
    monkeypatch.setenv("ROS_SECURITY_STRATEGY", "Enforce")
    monkeypatch.delenv("ROS_SECURITY_KEYSTORE", raising=False)
    with pytest.raises(GraphError, match="needs ROS_SECURITY_KEYSTORE"):
        run_graph("twin", UpOptions())


def test_a_process_is_put_into_its_enclave_where_security_is_on(monkeypatch):
    monkeypatch.delenv("ROS_SECURITY_ENABLE", raising=False)
    assert enclave_arguments("safety_node") == []
    monkeypatch.setenv("ROS_SECURITY_ENABLE", "true")
    assert enclave_arguments("safety_node") == ["--ros-args", "--enclave", "/surefoot/safety_node"]
    assert enclave_arguments("safety_node", ["x", "--ros-args", "--enclave", "/mine"]) == []
