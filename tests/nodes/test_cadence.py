"""On which readings the policy acts, against a fake clock."""

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.types import Measurement
from surefoot_nodes.cadence import Cadence, Trigger, TriggerTimes

TIMES = TriggerTimes(policy_period_s=0.05, state_period_s=0.005, max_age_s=0.02)
NOTHING = np.zeros(0)


def test_cadence_takes_every_tenth_of_200_states_at_20_hz():
    cadence = Cadence(0.05, 0.005)
    due = [i for i in range(100) if cadence.is_due(i * 0.005)]
    assert due == list(range(0, 100, 10))


def test_cadence_keeps_its_rate_where_states_do_not_fit():
    # 125 states per second, 50 proposals: intervals of 16 and 24 ms, 20 in the mean.
    cadence = Cadence(0.02, 0.008)
    due = [i * 0.008 for i in range(1250) if cadence.is_due(i * 0.008)]
    assert len(due) == pytest.approx(500, abs=1)
    assert set(np.round(np.diff(due), 6)) == {0.016, 0.024}


def test_cadence_rides_out_a_lost_state():
    cadence = Cadence(0.05, 0.005)
    stamps = [i * 0.005 for i in range(41) if i != 20]
    due = [round(s, 6) for s in stamps if cadence.is_due(s)]
    assert due == [0.0, 0.05, 0.105, 0.15, 0.2]


def test_cadence_starts_anew_after_a_gap_and_when_stamps_go_back():
    cadence = Cadence(0.05, 0.005)
    assert cadence.is_due(0.0)
    assert cadence.is_due(1.0)
    assert not cadence.is_due(1.04)
    assert cadence.is_due(0.5)
    assert not cadence.is_due(0.5)


def test_cadence_after_the_timer_stepped_in():
    cadence = Cadence(0.05, 0.005)
    assert cadence.is_due(0.0)
    cadence.skip_to(0.045)
    assert not cadence.is_due(0.05)
    assert cadence.is_due(0.095)


def reading(stamp_s, received_s=None):
    return Measurement(stamp_s, NOTHING, NOTHING, stamp_s if received_s is None else received_s)


def test_trigger_acts_on_arrival_of_due_readings():
    trigger = Trigger(TIMES)
    used = [i for i in range(41) if trigger.on_reading(reading(i * 0.005), i * 0.005)]
    assert used == [0, 10, 20, 30, 40]


def test_timer_waits_for_a_reading_that_is_a_little_late():
    trigger = Trigger(TIMES)
    assert trigger.on_reading(reading(0.0), 0.0)
    assert trigger.deadline_s == pytest.approx(0.0575)
    assert trigger.on_timer(0.0574) is None


def test_timer_takes_the_newest_unused_reading():
    trigger = Trigger(TIMES)
    assert trigger.on_reading(reading(0.0), 0.0)
    late = reading(0.045)
    assert trigger.on_reading(late, 0.045) is None
    assert trigger.on_timer(0.0576) is late
    # The grid of due times goes on from the reading that was used.
    assert trigger.on_reading(reading(0.09), 0.09) is None
    assert trigger.on_reading(reading(0.095), 0.095) is not None


def test_timer_uses_no_reading_twice():
    trigger = Trigger(TIMES)
    assert trigger.on_reading(reading(0.0), 0.0)
    assert trigger.on_timer(0.06) is None
    assert trigger.deadline_s == pytest.approx(0.065)


def test_timer_uses_no_old_reading():
    trigger = Trigger(TIMES)
    assert trigger.on_reading(reading(0.0), 0.0)
    assert trigger.on_reading(reading(0.03), 0.03) is None
    assert trigger.on_timer(0.06) is None


def test_timer_has_nothing_to_do_before_the_first_reading():
    trigger = Trigger(TIMES)
    assert trigger.deadline_s == np.inf
    assert trigger.on_timer(1.0) is None


def test_times_are_the_robots():
    times = TriggerTimes.of(planar_spec())
    assert (times.policy_period_s, times.state_period_s) == (0.05, 0.005)
    assert times.max_age_s == planar_spec().observation_timeout_s
