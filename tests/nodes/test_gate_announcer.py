"""What is told last is true, whichever thread tells it and whenever the other comes between."""

from types import SimpleNamespace

import pytest

from rl_agent.types import SafetyState
from surefoot_nodes.gate_announcer import GateAnnouncer
from surefoot_nodes.gate_reports import GateReport, read_state


class Announcer(GateAnnouncer):
    """Reports of a gate that tests set, told to a list."""

    def __init__(self):
        self.told, self.between = [], []
        publisher = SimpleNamespace(publish=self._publish)
        node = SimpleNamespace(create_publisher=lambda *_: publisher)
        logger = SimpleNamespace(info=lambda words: None, error=lambda words: None)
        super().__init__(node, SimpleNamespace(mode=""), None, logger)
        self.state = SafetyState.UNARMED

    def _look(self):
        return GateReport(self.state, "why", ())

    def _publish(self, message):
        if self.between:
            self.between.pop()()  # another thread, just before this one's message leaves
        self.told.append(message)

    def stop(self):
        self.state = SafetyState.STOPPED
        self.announce()

    @property
    def states(self):
        return [read_state(message).state for message in self.told]


def test_every_change_is_told_once():
    announcer = Announcer()
    for state in (SafetyState.UNARMED, SafetyState.UNARMED, SafetyState.ARMED):
        announcer.state = state
        announcer.announce()
    assert announcer.states == [SafetyState.UNARMED, SafetyState.ARMED]
    assert announcer.has_let_run


def test_a_stop_that_comes_while_arming_is_told_has_the_last_word():
    announcer = Announcer()
    announcer.announce()
    announcer.state = SafetyState.ARMED
    announcer.between.append(announcer.stop)
    announcer.announce()
    assert announcer.states[1:] == [SafetyState.STOPPED, SafetyState.ARMED, SafetyState.STOPPED]
    assert not announcer.is_news(SafetyState.STOPPED)


@pytest.mark.parametrize("late", ["damp", "torque_off"])
def test_so_it_is_with_the_mode(late):
    announcer = Announcer()

    def slip():
        announcer._gate.mode = late
        announcer.tell_mode()

    announcer._gate.mode = "run"
    announcer.between.append(slip)
    announcer.tell_mode()
    assert [message.data for message in announcer.told] == [late, "run", late]
