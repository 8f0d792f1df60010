import numpy as np
import pytest
from transitions import LAYOUT, packed, transition

from rl_agent.learning.recent_steps import RecentSteps


@pytest.mark.parametrize("count", [0, 3, 5, 12])
def test_the_newest_rows_are_kept_in_order(count):
    recent = RecentSteps(LAYOUT, 5)
    for index in range(count):
        recent.add(transition(index))
    assert recent.since(0).tobytes() == packed(count)[-5:].tobytes()


@pytest.mark.parametrize("parts", [(12,), (3, 9), (5, 5, 2), (1, 11)])
def test_rows_at_once_are_the_same_as_one_at_a_time(parts):
    recent, rows = RecentSteps(LAYOUT, 5), packed(12)
    for part in np.split(rows, np.cumsum(parts)[:-1]):
        recent.add_rows(part)
    assert recent.since(0).tobytes() == rows[-5:].tobytes()


def test_the_first_steps_of_a_run_can_be_left_out():
    recent = RecentSteps(LAYOUT, 5)
    recent.add_rows(packed(6))
    assert len(recent.since(4)) == 2
    assert len(recent.since(9)) == 0
    recent.clear()
    assert len(recent.since(0)) == 0
