import math

import pytest

from rl_agent.safety.watchdog import StampLog, Watchdog


def test_a_cleared_watchdog_was_never_fed():
    watchdog = Watchdog(0.02, 0.5)
    watchdog.feed(1.0)
    assert watchdog.is_fed
    watchdog.clear()
    assert not watchdog.is_fed
    assert watchdog.age_s(1.0) == math.inf
    assert watchdog.is_stale(1.0)
    assert not watchdog.is_silent(9.0)
    watchdog.feed(2.0)
    assert watchdog.age_s(2.01) == pytest.approx(0.01)


@pytest.mark.parametrize(("excess_s", "is_late"), [(5e-10, False), (2e-9, True)])
def test_rounding_trips_nothing(excess_s, is_late):
    watchdog = Watchdog(0.02, 0.5)
    watchdog.feed(0.0)
    assert watchdog.is_stale(0.02 + excess_s) is is_late
    assert watchdog.is_silent(0.5 + excess_s) is is_late


def test_an_empty_log_knows_no_stamp():
    log = StampLog(1.0)
    assert log.newest_stamp_s == -math.inf
    assert log.received_s(5.0) == -math.inf


def test_a_log_keeps_what_is_just_as_old_as_its_memory():
    log = StampLog(0.5)
    log.add(1.0, 10.0)
    log.add(2.0, 10.5)
    assert log.received_s(1.0) == 10.0
    log.add(3.0, 10.75)
    assert log.received_s(1.0) == -math.inf
    assert log.received_s(2.0) == 10.5


def test_a_cleared_log_is_empty():
    log = StampLog(1.0)
    log.add(1.0, 1.0)
    log.clear()
    assert log.newest_stamp_s == -math.inf
