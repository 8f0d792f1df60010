import pytest

from rl_agent.learning.value_guard import LEAST_REWARDS, PATIENCE, ValueGuard


def guard(gamma=0.9, reward=-2.0):
    made = ValueGuard(gamma)
    for _ in range(LEAST_REWARDS):
        made.note_reward(reward)
    return made


def test_values_that_can_be_are_left_alone():
    # Ten steps' worth of 2: at most 20; young critics may be ten times that far off.
    watching = guard()
    for q_mean in (-20.0, 20.0, 199.0, -199.0, 0.0):
        assert all(watching.judge({"q_mean": q_mean}) == "" for _ in range(2 * PATIENCE))


@pytest.mark.parametrize("q_mean", [201.0, -201.0, float("inf"), float("nan")])
def test_values_that_cannot_be_are_named_once_they_stay(q_mean):
    watching = guard()
    told = [watching.judge({"q_mean": q_mean}) for _ in range(PATIENCE)]
    assert told[:-1] == [""] * (PATIENCE - 1)
    assert "more than 20" in told[-1]


def test_a_single_report_in_between_begins_anew():
    watching = guard()
    for _ in range(5):
        assert watching.judge({"q_mean": 1e6}) == ""
        assert watching.judge({"q_mean": 1e6}) == ""
        assert watching.judge({"q_mean": 1.0}) == ""


def test_entropy_is_worth_something_too():
    watching, metrics = guard(reward=0.0), {"q_mean": 50.0, "alpha": 0.2, "entropy": -4.0}
    # 0.2 * 4 / 0.1 is 8.
    assert all(watching.judge(metrics) == "" for _ in range(2 * PATIENCE))
    assert [watching.judge({**metrics, "q_mean": 81.0}) for _ in range(PATIENCE)][-1] != ""


def test_too_few_rewards_tell_nothing():
    watching = ValueGuard(0.9)
    watching.note_reward(1.0)
    assert all(watching.judge({"q_mean": 1e9}) == "" for _ in range(2 * PATIENCE))
    assert guard().judge({}) == ""
