import pytest

from rl_agent.clock import ManualClock
from rl_agent.learning.evaluate import Score
from rl_agent.learning.progress import NUM_MARKS, RateMeter
from rl_agent.learning.stopwatch import Stopwatch


def test_rates_by_hand():
    clock = ManualClock()
    meter = RateMeter(clock, env_step=100, gradient_step=50)
    clock.advance(2.0)
    rates = meter.measure(140, 130, 200)
    # 40 steps and 80 updates in 2 s; 60 steps are left.
    assert (rates.steps_per_s, rates.updates_per_s, rates.time_left_s) == (20.0, 40.0, 3.0)


def test_rates_look_back_a_few_reports_only():
    clock = ManualClock()
    meter = RateMeter(clock)
    clock.advance(1000.0)
    for index in range(1, NUM_MARKS + 1):
        clock.advance(1.0)
        rates = meter.measure(10 * index, 0, 10_000)
    clock.advance(1.0)
    rates = meter.measure(10 * (NUM_MARKS + 1), 0, 10_000)
    assert rates.steps_per_s == pytest.approx(10.0)


def test_shares_are_of_the_time_measured():
    watch = Stopwatch()
    assert watch.shares == {}
    watch.seconds = {"update": 3.0, "sample": 1.0}
    assert watch.shares == {"update": 0.75, "sample": 0.25}


def test_a_report_is_due_after_a_second():
    clock = ManualClock()
    meter = RateMeter(clock)
    clock.advance(0.9)
    assert not meter.is_due
    clock.advance(0.1)
    assert meter.is_due
    meter.measure(0, 0, 10)
    assert not meter.is_due


def test_nothing_is_foretold_while_nothing_moves():
    clock = ManualClock()
    meter = RateMeter(clock)
    clock.advance(1.0)
    assert meter.measure(0, 0, 10).time_left_s is None


def test_scores_compare_by_success_then_return():
    good, better = Score(mean_return=5.0, success_rate=0.9), Score(mean_return=-5, success_rate=1)
    assert better.is_better_than(good)
    assert not good.is_better_than(better)
    assert Score(mean_return=6.0, success_rate=0.9).is_better_than(good)
    assert Score(mean_return=-1.0).is_better_than(Score(mean_return=-2.0))
    assert good.is_better_than(None)


def test_the_stopwatch_adds_up():
    watch = Stopwatch()
    for _ in range(2):
        with watch.measure("work"):
            pass
    assert list(watch.seconds) == ["work"]
    assert watch.seconds["work"] >= 0.0
