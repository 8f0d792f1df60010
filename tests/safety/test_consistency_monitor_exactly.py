"""Velocities against positions by hand. v_max 1: a sum of dq - v dt beyond 0.025 counts."""

import math

import numpy as np
import pytest
from monitor_rig import axis, robot, seen, swing

from rl_agent.safety.consistency_monitor import ConsistencyMonitor
from rl_agent.types import Reason

SLOWER = axis("slower", max_velocity=0.5)


@pytest.fixture
def monitor():
    return ConsistencyMonitor(robot(swing(), axis("a"), SLOWER))


def total(monitor):
    return list(monitor.get_state()["sum"])


def test_the_sum_is_of_changes_less_mean_velocities_and_fades(monitor):
    assert monitor.check(seen(1.00, (0.0, 0.0, 0.0), (0.0, 0.2, 0.0))) is None
    assert total(monitor) == [0.0, 0.0, 0.0]
    # 0.01 - 0.01 * (0.2 + 0.6) / 2 = 0.006 and -0.001.
    assert monitor.check(seen(1.01, (0.0, 0.01, -0.001), (0.0, 0.6, 0.0))) is None
    assert total(monitor) == pytest.approx([0.0, 0.006, -0.001])
    # After 15 ms the old sum has faded by exp(-0.15); 0.015 * (0.6 + 0) / 2 = 0.0045.
    assert monitor.check(seen(1.025, (0.0, 0.02, -0.001))) is None
    faded = math.exp(-0.15)
    assert total(monitor) == pytest.approx([0.0, 0.006 * faded + 0.0055, -0.001 * faded])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ((0.0, 0.0249, 0.0124), None),
        ((0.0, 0.0251, 0.0), "a"),
        ((0.0, -0.0251, 0.0), "a"),
        ((0.0, 0.0249, 0.0126), "slower"),
        ((0.0, 0.0249, -0.0126), "slower"),
        ((0.026, 0.0, 0.0), "swing"),
        # A whole turn is no change.
        ((2.0 * math.pi, 0.0, 0.0), None),
    ],
)
def test_a_joint_that_contradicts_itself_is_named(monitor, change, name):
    monitor.check(seen(1.00, (0.0, 0.0, 0.0)))
    finding = monitor.check(seen(1.01, change))
    if name is None:
        assert finding is None
    else:
        words = f"{name}'s measured velocity contradicts its measured positions"
        assert finding == (Reason.IMPLAUSIBLE, words, False)


@pytest.mark.parametrize("elapsed_s", [-0.01, 0.0, 0.0201, 1.0])
def test_across_a_gap_nothing_is_known(monitor, elapsed_s):
    monitor.check(seen(1.0, (0.0, 0.0, 0.0), (0.0, 0.9, 0.0)))
    jump = seen(1.0 + elapsed_s, (0.0, 0.5, 0.0), (0.0, 0.9, 0.0))
    assert monitor.check(jump) is None
    assert total(monitor) == [0.0, 0.0, 0.0]
    # It goes on from the reading after the gap.
    monitor.check(seen(1.0 + elapsed_s + 0.01, (0.0, 0.51, 0.0), (0.0, 0.9, 0.0)))
    assert total(monitor) == pytest.approx([0.0, 0.001, 0.0])


def test_a_reading_counts_once(monitor):
    monitor.check(seen(1.00, (0.0, 0.0, 0.0)))
    late = (0.0, 0.03, 0.0)
    assert monitor.check(seen(1.01, late, is_new=False)) is None
    assert monitor.check(seen(1.01, late)) is not None
    # The objection stands until something new is known.
    assert monitor.check(seen(1.02, late, stamp_s=1.01, is_new=False)) is not None
    assert total(monitor) == pytest.approx([0.0, 0.03, 0.0])


def test_it_begins_anew_with_the_next_reading(monitor):
    monitor.check(seen(1.00, (0.0, 0.0, 0.0)))
    assert monitor.check(seen(1.01, (0.0, 0.03, 0.0))) is not None
    monitor.restart()
    assert monitor.check(seen(1.02, (0.0, 0.9, 0.0))) is None
    assert total(monitor) == [0.0, 0.0, 0.0]


def test_it_goes_on_where_it_was_saved(monitor):
    other = ConsistencyMonitor(robot(swing(), axis("a"), SLOWER))
    other.check(seen(0.99, (9.0, 9.0, 9.0)))
    other.set_state(monitor.get_state())
    assert other.get_state()["last"] is None
    for tick in range(3):
        monitor.check(seen(1.0 + 0.01 * tick, (0.0, 0.008 * tick, 0.0), (0.0, 0.1, 0.2)))
    other.set_state(monitor.get_state())
    np.testing.assert_array_equal(total(other), total(monitor))
    following = seen(1.03, (0.0, 0.04, 0.0), (0.0, 0.0, -0.1))
    assert other.check(following) == monitor.check(following) is not None
    np.testing.assert_array_equal(total(other), total(monitor))
