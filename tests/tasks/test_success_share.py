"""How well a task goes just now, counted by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.tasks.success_share import SuccessShare
from rl_agent.types import Reason, Transition


@dataclass
class _Task:
    """Met where the context is above 0."""

    goal_dim: int
    context_dim: int = 1
    hold_s: float = 1.0
    smooth_s: float = 0.0

    def terminated(self, context, goal):
        return context[..., 0] > 9.0

    def success(self, context, goal):
        return context[..., 0] > 0.0


def _step(is_good, *, terminated=False, truncated=False, goal_dim=0):
    nothing, context = np.zeros(0, np.float32), np.float32([1.0 if is_good else -1.0])
    goal = np.zeros(goal_dim, np.float32)
    return Transition(
        nothing,
        nothing,
        nothing,
        nothing,
        0.0,
        terminated,
        truncated,
        nothing,
        context,
        context,
        goal,
    )


def _helped(transition):
    return replace(transition, reasons=int(Reason.HUMAN))


def test_with_goals_only_the_ends_of_the_last_ten_episodes_count():
    share = SuccessShare(_Task(goal_dim=3), 20.0)
    for _ in range(5):
        share.note(_step(True, goal_dim=3))  # on the way: says nothing
        share.note(_step(True, truncated=True, goal_dim=3))
    assert share.share == 5 / 10
    for _ in range(10):
        share.note(_step(True, truncated=True, goal_dim=3))
    assert share.share == 1.0
    share.note(_step(False, truncated=True, goal_dim=3))
    share.note(_step(True, truncated=True, goal_dim=3))
    assert share.share == 9 / 10


def test_without_goals_the_last_half_minute_counts_and_a_fall_costs_five_seconds():
    share = SuccessShare(_Task(goal_dim=0), 10.0)  # 300 steps
    for _ in range(150):
        share.note(_step(True))
    assert share.share == 0.5
    share.note(_step(True, terminated=True))  # 50 failures push 50 of nothing out
    assert share.share == 0.5
    for _ in range(300):
        share.note(_step(True))
    assert share.share == 1.0
    share.note(_step(False, truncated=True))
    assert share.share == pytest.approx(299 / 300)


def test_where_somebody_judges_rewards_tell():
    share = SuccessShare(_Task(goal_dim=0), 10.0, is_judged=True)
    share.note(_step(True))
    share.note(replace(_step(True, terminated=True), reward=0.0))
    assert share.share == 0.0
    share.note(replace(_step(False, terminated=True), reward=1.0))
    assert share.share == 1 / 10


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80), st.booleans())
def test_a_share_is_one(steps, has_goals):
    goal_dim = 3 if has_goals else 0
    share = SuccessShare(_Task(goal_dim=goal_dim), 2.0)
    for is_good, is_end in steps:
        share.note(_step(is_good, truncated=is_end, goal_dim=goal_dim))
        assert 0.0 <= share.share <= 1.0


def test_what_a_person_helped_with_is_no_success():
    share = SuccessShare(_Task(goal_dim=3), 20.0)
    share.note(_helped(_step(True, goal_dim=3)))
    share.note(_step(True, truncated=True, goal_dim=3))  # still the episode that was helped
    assert share.share == 0.0
    share.note(_step(True, truncated=True, goal_dim=3))
    assert share.share == 1 / 10


@pytest.mark.parametrize("is_judged", [True, False])
def test_help_counts_against_it_without_goals_too(is_judged):
    share = SuccessShare(_Task(goal_dim=0), 1.0 / 3.0, is_judged=is_judged)
    good = replace(_step(True, truncated=is_judged), reward=1.0)
    share.note(_helped(good))
    assert share.share == 0.0
    share.note(good)
    assert share.share == 1 / 10
