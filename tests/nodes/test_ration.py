"""A control loop rests in a flood, and never else."""

import pytest

from surefoot_nodes.ration import MOST, WINDOW_S, Ration

pytestmark = pytest.mark.ros


def test_few_messages_are_all_taken():
    ration = Ration()
    for i in range(10_000):  # one per ms: more than any of our robots sends
        assert ration.rest_s(0.001 * i) == 0.0
        ration.note(0.001 * i)


def test_a_flood_waits_for_the_window_to_end():
    ration = Ration(most=3, window_s=0.005)
    for now_s in (1.0, 1.001, 1.002):
        assert ration.rest_s(now_s) == 0.0
        ration.note(now_s)
    assert ration.rest_s(1.002) == pytest.approx(0.003)
    assert ration.rest_s(1.0049) == pytest.approx(0.0001)
    assert ration.rest_s(1.005) == 0.0


def test_the_next_window_begins_with_its_first_message():
    ration = Ration(most=2, window_s=0.005)
    ration.note(1.0)
    ration.note(1.0)
    ration.note(1.007)
    assert ration.rest_s(1.007) == 0.0
    ration.note(1.008)
    assert ration.rest_s(1.008) == pytest.approx(0.004)


@pytest.mark.parametrize("per_s", [10_000.0, 50_000.0, 1e6])
def test_a_flood_gets_its_ration_and_no_more(per_s):
    ration, now_s, taken = Ration(), 0.0, 0
    while now_s < 1.0:
        rest_s = ration.rest_s(now_s)
        now_s += rest_s if rest_s > 0.0 else 1.0 / per_s
        if rest_s == 0.0:
            ration.note(now_s)
            taken += 1
    assert taken == pytest.approx(MOST / WINDOW_S, rel=0.05)
