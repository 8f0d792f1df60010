"""Who may arm again after a fall; no ROS graph is needed for that."""

from types import SimpleNamespace

import pytest

from rl_agent.types import Reason, SafetyState
from surefoot_nodes.gate_reports import GateReport, write_state
from surefoot_nodes.getting_up import RETRY_S, GettingUp

UNARMED, ARMED, STOPPED = SafetyState.UNARMED, SafetyState.ARMED, SafetyState.STOPPED


class Rig:
    """A gate's reports, and what is asked of it."""

    def __init__(self):
        self.asked = []
        self.helper = GettingUp(lambda sentence: None)
        self.helper._bringup = SimpleNamespace(client=self)
        self.meanwhile = lambda: None

    def call(self, kind, name, request, timeout_s):
        self.asked.append(name)
        self.meanwhile()
        return SimpleNamespace(success=True, message="it will stand in 5 s")

    def report(self, state, *reasons):
        names = tuple(str(reason.name) for reason in reasons)
        self.helper._on_safety_state(write_state(GateReport(state, "", names)))

    def look(self, state, *reasons):
        """Report and look; return what is asked for then."""
        self.report(state, *reasons)
        self.helper._tried_s = -RETRY_S
        self.asked.clear()
        self.helper.look()
        return list(self.asked)


@pytest.fixture
def rig():
    return Rig()


def test_a_fall_is_helped_reset_and_armed_once(rig):
    assert rig.look(ARMED) == []
    assert rig.look(STOPPED, Reason.FALL) == ["stand_up"]
    assert rig.look(STOPPED, Reason.FALL) == ["reset"]
    assert rig.look(UNARMED) == ["arm"]
    assert rig.look(ARMED) == []
    assert rig.look(UNARMED) == []


def test_after_an_operators_stop_and_reset_nobody_arms(rig):
    rig.look(STOPPED, Reason.FALL)
    assert rig.look(STOPPED, Reason.FALL, Reason.ESTOP) == []
    assert rig.look(UNARMED) == []


def test_after_an_operators_reset_nobody_arms(rig):
    rig.look(STOPPED, Reason.FALL)
    assert rig.look(UNARMED) == []


def test_a_stop_after_our_reset_is_an_operators(rig):
    rig.look(STOPPED, Reason.FALL)
    rig.look(STOPPED, Reason.FALL)
    assert rig.look(STOPPED, Reason.ESTOP) == []
    assert rig.look(UNARMED) == []


def test_a_stop_while_our_reset_is_answered_counts(rig):
    rig.look(STOPPED, Reason.FALL)
    rig.meanwhile = lambda: rig.report(STOPPED, Reason.ESTOP)
    assert rig.look(STOPPED, Reason.FALL) == ["reset"]
    rig.meanwhile = lambda: None
    assert rig.look(UNARMED) == []
