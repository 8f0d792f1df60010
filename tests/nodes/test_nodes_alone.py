"""Each node by itself: invalid transitions, wrong parameters, signals in every state."""

import signal
import time

import pytest
from lifecycle_msgs.srv import ChangeState
from ros_processes import Witness, fresh_domain, is_running, running_graph, running_node

from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
NODES = ("twin_node", "safety_node", "policy_node", "goal_node")


@pytest.fixture(scope="module")
def nodes():
    """All nodes, unconfigured, in one domain; and a witness."""
    domain = fresh_domain()
    with (
        running_node("twin_node", "discovery_s:=0.3", domain=domain) as twin,
        running_node("safety_node", domain=domain) as safety,
        running_node("policy_node", "actor:=random", domain=domain) as policy,
        running_node("goal_node", domain=domain) as goal,
        Witness(domain, SPEC) as witness,
    ):
        witness.processes = dict(zip(NODES, (twin, safety, policy, goal), strict=True))
        assert witness.lifecycle.wait_for(NODES, 30.0) == []
        yield witness


def ask_by_number(witness, name, number):
    request = ChangeState.Request()
    request.transition.id = number
    return witness.call(ChangeState, f"{name}/change_state", request).success


@pytest.mark.parametrize("name", NODES)
def test_invalid_transitions_are_answered_in_every_state(nodes, name):
    # configure 1, cleanup 2, activate 3, deactivate 4; 77 is none.
    assert [ask_by_number(nodes, name, n) for n in (2, 3, 4, 77)] == [False] * 4
    assert ask_by_number(nodes, name, 1)
    assert [ask_by_number(nodes, name, n) for n in (1, 4, 77)] == [False] * 3
    assert ask_by_number(nodes, name, 3)
    assert [ask_by_number(nodes, name, n) for n in (1, 2, 3, 77)] == [False] * 4
    assert ask_by_number(nodes, name, 4)
    assert ask_by_number(nodes, name, 2)
    assert is_running(nodes.processes[name].pid)


@pytest.mark.parametrize("name", NODES)
def test_signal_ends_a_node_within_two_seconds(nodes, name):
    # The tests above left them unconfigured; one more step for the states between.
    ask_by_number(nodes, name, 1)
    process = nodes.processes[name]
    start_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(5.0) == 0
    assert time.monotonic() - start_s <= 2.0
    assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("name", "parameter", "words"),
    [
        ("policy_node", "polcy_hz:=50", "did you mean 'policy_hz'"),
        ("policy_node", "actor:=dsl", "did you mean 'dls'"),
        ("twin_node", "discovery_s:=.nan", "from 0 to 30"),
        ("safety_node", "gate_hz:=fast", "expected a number"),
    ],
)
def test_wrong_parameters_end_with_key_and_reason(name, parameter, words):
    with running_node(name, parameter, domain=fresh_domain()) as process:
        assert process.wait(20.0) == 2
        stderr = process.stderr.read()
    assert words in stderr
    assert parameter.split(":=")[0] in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize("delay_s", [0.3, 1.0, 2.0])
def test_interrupt_while_starting_ends_everything(tmp_path, delay_s):
    with running_graph("twin", log=tmp_path / "up.log") as graph:
        time.sleep(delay_s)
        pids = list(graph.pids().values())
        status, duration_s = graph.interrupt()
        output = graph.output()
    assert status in (130, -signal.SIGINT)
    assert duration_s <= 3.0
    assert [pid for pid in pids if is_running(pid)] == []
    assert "Traceback" not in output


def test_other_controllers_move_too(tmp_path):
    """The cart-pole's velocity controller has a time-out; the gate arms and it moves."""
    spec = load_robot("cartpole")
    arguments = ("twin", "--robot", "cartpole", "--task", "swing_up", "--actor", "random")
    with (
        running_graph(*arguments, log=tmp_path / "up.log") as graph,
        Witness(graph.domain, spec) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: witness.state == "ARMED", why=graph.output)
        states = witness.seen["joint_states"]
        witness.until(lambda: abs(states.messages[-1].velocity[0]) > 0.2)
        status, duration_s = graph.interrupt()
    assert status == 130
    assert duration_s <= 3.0
