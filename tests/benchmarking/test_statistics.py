import numpy as np
import pytest

from rl_agent.benchmarking.statistics import bootstrap_interval, interquartile_mean, mean


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0], 7.0),
        ([1.0, 2.0, 9.0], 4.0),  # 0.25 * 3 rounds down to none: the mean
        ([100.0, 1.0, 2.0, 3.0], 2.5),  # without 1 and 100: (2 + 3) / 2
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 99.0], 3.5),  # without 0, 1, 6, 99: (2+3+4+5)/4
        ([5.0, 1.0, 2.0, 3.0, 4.0], 3.0),  # one from each end: (2 + 3 + 4) / 3
    ],
)
def test_the_interquartile_mean_is_that_of_the_middle_half(values, expected):
    assert interquartile_mean(np.array(values)) == expected


def test_it_works_along_the_last_axis():
    values = np.array([[100.0, 1.0, 2.0, 3.0], [0.0, 0.0, 4.0, 4.0]])
    assert interquartile_mean(values).tolist() == [2.5, 2.0]


def test_an_interval_of_two_runs_is_their_range():
    # A resample's mean is 0, 5 or 10 with probabilities 1/4, 1/2, 1/4: both tails exceed 2.5 %.
    groups = [np.array([0.0, 10.0])]
    interval = bootstrap_interval(groups, mean, np.random.default_rng(0))
    assert (interval.lower, interval.upper) == (0.0, 10.0)


def test_runs_are_never_drawn_across_tasks():
    # Within each task all runs are equal: however they are drawn, the mean is (0 + 1000) / 2.
    groups = [np.zeros(3), np.full(3, 1000.0)]
    interval = bootstrap_interval(groups, mean, np.random.default_rng(0))
    assert (interval.lower, interval.upper) == (500.0, 500.0)


def test_the_same_seed_gives_the_same_interval():
    groups = [np.random.default_rng(1).normal(size=10), np.random.default_rng(2).normal(size=7)]
    intervals = [
        bootstrap_interval(groups, interquartile_mean, np.random.default_rng(5)) for _ in range(2)
    ]
    assert intervals[0] == intervals[1]


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    # 300 draws of 20 normal numbers; percentile intervals of so few are known to be a bit short.
    rng = np.random.default_rng(3)
    intervals = [bootstrap_interval([rng.normal(size=20)], mean, rng, 300) for _ in range(300)]
    covered = np.mean([interval.lower <= 0.0 <= interval.upper for interval in intervals])
    assert 0.88 <= covered <= 0.98


def test_one_run_alone_has_no_interval():
    rng = np.random.default_rng(0)
    assert bootstrap_interval([np.array([1.0])], mean, rng) is None
    assert bootstrap_interval([np.array([1.0, 2.0]), np.array([1.0])], mean, rng) is None
    assert bootstrap_interval([], mean, rng) is None
