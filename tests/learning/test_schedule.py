import pytest

from rl_agent.learning.schedule import UpdateSchedule


@pytest.mark.parametrize(
    ("utd_ratio", "expected"),
    [(1.0, [0, 0, 1, 1, 1, 1]), (0.5, [0, 0, 0, 1, 0, 1]), (3.0, [0, 0, 3, 3, 3, 3])],
)
def test_updates_begin_after_the_random_steps(utd_ratio, expected):
    schedule = UpdateSchedule(learning_starts=2, utd_ratio=utd_ratio)
    done, taken = 0, []
    for env_step in range(1, 7):
        taken.append(schedule.num_due(env_step, done))
        done += taken[-1]
    assert taken == expected
    assert done == schedule.num_planned(6)


def test_it_depends_on_the_counters_alone():
    schedule = UpdateSchedule(learning_starts=10, utd_ratio=2.0)
    # 15 steps plan 10 updates; 7 of them are done, as after a resume in between.
    assert schedule.num_due(15, 7) == 3
    assert schedule.num_due(15, 12) == 0
