"""The guarded lifecycle base, in this process."""

import pytest
import rclpy
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor

from rl_agent.exceptions import GraphError, Problem, ProfileError
from surefoot_nodes.node import GuardedNode


class Example(GuardedNode):
    """Fails where it is told to."""

    def __init__(self):
        super().__init__("goal_node")
        self.fails_in = {}
        self.calls = []

    def _note(self, name):
        self.calls.append(name)
        if name in self.fails_in:
            raise self.fails_in[name]

    def configure(self):
        self.make_io()
        self._note("configure")

    def activate(self):
        self._note("activate")

    def deactivate(self):
        self._note("deactivate")

    def cleanup(self):
        self._note("cleanup")


@pytest.fixture
def node():
    rclpy.init()
    node = Example()
    yield node
    node.destroy_node()
    rclpy.shutdown()


@pytest.fixture
def ask(node):
    """Ask for a transition over the wire; tell whether it succeeded."""
    other = rclpy.create_node("asker")
    client = other.create_client(ChangeState, "goal_node/change_state")
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.add_node(other)

    def ask(transition):
        assert client.wait_for_service(10.0)
        request = ChangeState.Request()
        if isinstance(transition, str):
            request.transition.label = transition
        else:
            request.transition.id = transition
        future = client.call_async(request)
        executor.spin_until_future_complete(future, 10.0)
        return future.result().success

    yield ask
    executor.shutdown(timeout_sec=1.0)
    other.destroy_node()


CONFIGURE, CLEANUP, ACTIVATE, DEACTIVATE = 1, 2, 3, 4


def state(node):
    return node._state_machine.current_state[1]


def test_goes_through_its_life(node, ask):
    assert [ask(t) for t in (CONFIGURE, ACTIVATE)] == [True, True]
    assert node.is_active
    assert [ask(t) for t in (DEACTIVATE, CLEANUP)] == [True, True]
    assert node.calls == ["configure", "activate", "deactivate", "cleanup"]
    assert state(node) == "unconfigured"


@pytest.mark.parametrize("transition", [ACTIVATE, DEACTIVATE, CLEANUP, 99, "dance"])
def test_invalid_transition_is_answered_and_survived(node, ask, transition):
    assert ask(transition) is False
    assert state(node) == "unconfigured"
    assert ask(CONFIGURE) is True


@pytest.mark.parametrize("error", [ProfileError("x", [Problem("a", "b")]), RuntimeError("ours")])
def test_failing_configure_is_undone(node, ask, error):
    node.fails_in["configure"] = error
    assert ask(CONFIGURE) is False
    assert state(node) == "unconfigured"
    assert node.io is None
    assert "cleanup" in node.calls
    node.fails_in.clear()
    assert ask(CONFIGURE) is True


def test_failing_activate_leaves_it_inactive(node, ask):
    node.fails_in["activate"] = ProfileError("x", [Problem("a", "b")])
    assert ask(CONFIGURE) is True
    assert ask(ACTIVATE) is False
    assert state(node) == "inactive"
    assert not node.is_active


def test_mistake_of_ours_in_deactivate_ends_unconfigured(node, ask):
    node.fails_in["deactivate"] = RuntimeError("ours")
    assert [ask(CONFIGURE), ask(ACTIVATE), ask(DEACTIVATE)] == [True, True, False]
    assert state(node) == "unconfigured"


def test_refusing_to_run_ends_the_process(node, ask):
    node.fails_in["configure"] = GraphError("a real robot is here")
    assert ask(CONFIGURE) is False
    assert str(node.refusal) == "a real robot is here"


@pytest.mark.parametrize("steps", [(), (CONFIGURE,), (CONFIGURE, ACTIVATE)])
def test_shut_down_works_from_every_state(node, ask, steps):
    assert all(ask(step) for step in steps)
    node.shut_down()
    assert state(node) == "finalized"
    assert ("deactivate" in node.calls) == (ACTIVATE in steps)


def test_data_live_on_a_node_and_executor_of_their_own(node, ask):
    assert ask(CONFIGURE)
    assert node.io.get_name() == "goal_node_io"
    assert node.io.executor is node.io_executor
    assert node.io_executor is not node.executor


def test_parameters_are_read_only(node):
    (result,) = node.set_parameters([rclpy.parameter.Parameter("seed", value=5)])
    assert not result.successful
    assert "read-only" in result.reason
