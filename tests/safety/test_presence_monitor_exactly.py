"""An operator who must be heard of every 300 ms, at the edges."""

import pytest
from monitor_rig import seen

from rl_agent.safety.presence_monitor import PresenceMonitor
from rl_agent.safety.signals import Company, Heartbeat
from rl_agent.types import Reason

WORDS = "no operator was heard on presence within 300 ms"


@pytest.fixture
def monitor():
    return PresenceMonitor(300.0)


def check_presence(monitor, now_s, *, is_there):
    assert monitor.check(seen(now_s)) == (None if is_there else (Reason.ABSENT, WORDS, False))
    assert monitor.obstacle(now_s, seen().measurement) == ("" if is_there else WORDS)


@pytest.mark.parametrize(
    ("age_s", "is_there"), [(0.0, True), (0.3, True), (0.3 + 2e-9, False), (9.0, False)]
)
def test_a_heartbeat_lasts_for_300_ms(monitor, age_s, is_there):
    monitor.hear(Heartbeat(0.0))
    check_presence(monitor, age_s, is_there=is_there)


def test_nobody_is_there_before_the_first(monitor):
    monitor.hear(Company("a, b"))
    check_presence(monitor, 0.0, is_there=False)


def test_it_goes_on_where_it_was_saved(monitor):
    other = PresenceMonitor(300.0)
    other.hear(Heartbeat(5.0))
    other.set_state(monitor.get_state())
    check_presence(other, 5.0, is_there=False)
    monitor.hear(Heartbeat(1.0))
    other.set_state(monitor.get_state())
    assert other.get_state() == {"received_s": 1.0}
    check_presence(other, 1.2, is_there=True)
    check_presence(other, 1.4, is_there=False)
