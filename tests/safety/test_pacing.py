import pytest

from rl_agent.safety.pacing import Pacer


def paces(times_s):
    pacer = Pacer(0.01)
    return [pacer.note(time_s) for time_s in times_s]


def test_ticks_at_the_gates_rate_are_in_time():
    result = paces([5.0 + index * 0.01 for index in range(1000)])
    assert not any(pace.is_early or pace.is_late or pace.num_missed for pace in result)


def test_jitter_of_a_few_milliseconds_costs_no_tick():
    times = [5.0 + index * 0.01 + (0.004 if index % 3 == 0 else 0.0) for index in range(1000)]
    assert not any(pace.is_early for pace in paces(times))


def test_a_proposal_just_after_a_periodic_tick_may_tick_at_once():
    result = paces([5.0, 5.01, 5.0103, 5.02, 5.03])
    assert not any(pace.is_early for pace in result)


def test_a_storm_of_ticks_moves_the_robot_hardly_faster_than_the_rate():
    # 1000 Hz for 10 s: 1000 ticks are due; at most a tenth more count, and the burst.
    counted = sum(not pace.is_early for pace in paces([i * 0.001 for i in range(10_000)]))
    assert counted <= 1.1 * 1000 + 3


@pytest.mark.parametrize(
    ("gap_s", "is_late", "num_missed"),
    [(0.014, False, 0), (0.016, True, 0), (0.049, True, 0), (0.05, True, 4), (0.2, True, 19)],
)
def test_a_late_tick_and_a_stall(gap_s, is_late, num_missed):
    pace = paces([5.0, 5.0 + gap_s])[1]
    assert (pace.is_late, pace.num_missed) == (is_late, num_missed)


def test_standing_time_gives_no_command():
    assert [pace.is_early for pace in paces([5.0] * 5)] == [False, False, True, True, True]
