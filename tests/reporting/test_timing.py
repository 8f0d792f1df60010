import numpy as np
import pytest

from rl_agent.reporting.timing import Arrivals, answer_latencies, interval_statistics


def test_only_intervals_over_one_and_a_half_periods_are_late():
    # Intervals 10, 14, 16, 20, 10 ms against 10 ms: 16 and 20 are late, 2 of 5.
    times = np.array([0.0, 0.010, 0.024, 0.040, 0.060, 0.070])
    statistics = interval_statistics(times, 0.010)
    assert statistics.num_intervals == 5
    assert statistics.late_share == pytest.approx(0.4)
    assert statistics.median_s == pytest.approx(0.014)
    assert statistics.longest_s == pytest.approx(0.020)


def test_a_lost_message_is_one_late_interval():
    times = np.array([0.0, 0.01, 0.03, 0.04])
    assert interval_statistics(times, 0.01).late_share == pytest.approx(1 / 3)


def test_one_receive_time_makes_no_interval():
    with pytest.raises(ValueError, match="got 1"):
        interval_statistics(np.array([1.0]), 0.01)


def test_latency_joins_the_first_answer_on_the_stamp():
    questions = Arrivals(np.array([10, 20, 30, 40]), np.array([1.0, 2.0, 3.0, 4.0]))
    # Stamp 20 is answered twice, of which the first counts; 30 never; 99 was not asked.
    answers = Arrivals(np.array([20, 20, 40, 99]), np.array([2.25, 2.5, 4.125, 9.0]))
    assert answer_latencies(questions, answers).tolist() == [0.25, 0.125]


def test_stamps_one_nanosecond_apart_are_not_joined():
    big = 1_700_000_000_000_000_000
    questions = Arrivals(np.array([big]), np.array([1.0]))
    answers = Arrivals(np.array([big + 1]), np.array([1.5]))
    assert len(answer_latencies(questions, answers)) == 0
