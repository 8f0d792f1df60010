"""Late ticks in a row: the third of three that may not be stops."""

import pytest
from monitor_rig import axis, robot, seen

from rl_agent.safety.deadline_monitor import DeadlineMonitor
from rl_agent.spec import SafetySpec
from rl_agent.types import Reason


def counting():
    return DeadlineMonitor(robot(axis("a"), safety=SafetySpec(max_missed_ticks=3)))


def find(monitor, late):
    return [monitor.check(seen(is_late=is_late)) is not None for is_late in late]


@pytest.mark.parametrize(
    ("late", "found"),
    [
        ([True, True, True, True], [False, False, True, True]),
        ([True, True, False, True, True, True], [False] * 5 + [True]),
        ([False] * 5, [False] * 5),
    ],
)
def test_as_many_as_the_profile_says_in_a_row_stop(late, found):
    assert find(counting(), late) == found


def test_the_cause_is_told():
    monitor = counting()
    find(monitor, [True, True])
    words = "3 ticks in a row came late: this machine is too busy"
    assert monitor.check(seen(is_late=True)) == (Reason.DEADLINE, words, True)


def test_the_count_is_saved_and_begins_anew_with_arming():
    monitor, other = counting(), counting()
    find(monitor, [True, True])
    other.set_state(monitor.get_state())
    monitor.restart()
    assert find(monitor, [True]) == [False]
    assert find(other, [True]) == [True]
