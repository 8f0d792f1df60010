import math

import pytest

from rl_agent.safety.watchdog import MAX_ENTRIES, StampLog, Watchdog


def test_nothing_received_is_stale_but_not_silent():
    watchdog = Watchdog(0.02, 0.5)
    assert watchdog.is_stale(5.0)
    assert not watchdog.is_silent(5.0)
    assert watchdog.age_s(5.0) == math.inf


@pytest.mark.parametrize(
    ("age_s", "is_stale", "is_silent"),
    [
        (0.0, False, False),
        (0.0199, False, False),
        (0.02, False, False),
        (0.0201, True, False),
        (0.5, True, False),
        (0.5001, True, True),
    ],
)
def test_ages_around_both_limits(age_s, is_stale, is_silent):
    watchdog = Watchdog(0.02, 0.5)
    watchdog.feed(1000.0)
    now_s = 1000.0 + age_s
    assert (watchdog.is_stale(now_s), watchdog.is_silent(now_s)) == (is_stale, is_silent)


def test_receive_times_that_come_in_the_wrong_order_do_not_make_it_older():
    watchdog = Watchdog(0.02, 0.5)
    watchdog.feed(2.0)
    watchdog.feed(1.0)
    assert watchdog.age_s(2.5) == 0.5


def test_a_slow_policy_does_not_count_as_dead_between_two_proposals():
    # Policy at 1 Hz: W = 2.5 s, longer than the silence of 0.5 s.
    watchdog = Watchdog(2.5, 0.5)
    watchdog.feed(0.0)
    assert not watchdog.is_silent(2.0)
    assert watchdog.is_silent(2.6)


def test_a_stamp_is_found_with_its_time_of_arrival():
    log = StampLog(memory_s=1.0)
    for index in range(5):
        log.add(stamp_s=100.0 + index * 0.1, received_s=7.0 + index * 0.1)
    assert log.newest_stamp_s == pytest.approx(100.4)
    assert log.received_s(100.2) == pytest.approx(7.2)
    # Between two stamps the earlier one counts, so an age is never taken for younger than it is.
    assert log.received_s(100.29) == pytest.approx(7.2)
    assert log.received_s(999.0) == pytest.approx(7.4)
    assert log.received_s(99.0) == -math.inf


def test_old_stamps_are_forgotten_and_the_memory_is_bounded():
    log = StampLog(memory_s=0.1)
    for index in range(2 * MAX_ENTRIES):
        log.add(float(index), index * 1e-6)
    assert len(log.get_state()) == MAX_ENTRIES
    log.add(1e9, 10.0)
    assert log.get_state() == [[1e9, 10.0]]
