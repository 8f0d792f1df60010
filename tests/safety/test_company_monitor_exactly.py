"""Who else publishes: a second voice holds, one past the gate stops."""

import pytest
from monitor_rig import seen

from rl_agent.safety.company_monitor import CompanyMonitor
from rl_agent.safety.signals import Company, Heartbeat
from rl_agent.types import Reason


@pytest.mark.parametrize("is_final", [False, True])
def test_company_is_objected_to_until_it_is_gone(is_final):
    monitor = CompanyMonitor()
    assert monitor.check(seen()) is None
    monitor.hear(Company("2 nodes publish", is_final))
    monitor.hear(Heartbeat(1.0))
    assert monitor.check(seen()) == (Reason.SECOND_PUBLISHER, "2 nodes publish", is_final)
    assert monitor.obstacle(0.0, seen().measurement) == "2 nodes publish"
    other = CompanyMonitor()
    other.set_state(monitor.get_state())
    assert other.check(seen()) == monitor.check(seen())
    monitor.hear(Company(""))
    assert monitor.check(seen()) is None
    assert monitor.obstacle(0.0, seen().measurement) == ""
