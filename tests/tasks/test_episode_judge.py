"""One rule of success: at the last step with goals, held over the last seconds without."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.tasks.episode_judge import EpisodeJudge

HZ = 10.0


class Sign:
    """Is met where the context is above the goal, or above 0 without one."""

    def __init__(self, goal_dim: int, hold_s: float = 0.3) -> None:
        self.goal_dim = goal_dim
        self.hold_s = hold_s

    def success(self, context, goal):
        return context[..., 0] > (goal[..., 0] if self.goal_dim else 0.0)


def judge_of(goal_dim: int, hold_s: float = 0.3) -> EpisodeJudge:
    return EpisodeJudge(Sign(goal_dim, hold_s), HZ)


def feed(judge, *contexts, goal=()):
    judge.add(
        np.array(contexts, float)[:, None], np.tile(np.array(goal, float), (len(contexts), 1))
    )


def test_with_goals_the_last_step_alone_counts():
    judge = judge_of(1)
    feed(judge, 0.0, 0.0, 5.0, goal=[4.0])
    assert judge.close()
    feed(judge, 5.0, 5.0, 5.0, 3.0, goal=[4.0])
    assert not judge.close()


@pytest.mark.parametrize(("num_held", "is_success"), [(1, False), (2, False), (3, True), (9, True)])
def test_without_goals_it_must_have_held_over_the_last_seconds(num_held, is_success):
    # 0.3 s at 10 Hz: three steps.
    judge = judge_of(0)
    feed(judge, 1.0, -1.0, *[1.0] * num_held)
    assert judge.num_held == num_held
    assert judge.close() is is_success


def test_a_break_at_the_last_step_is_no_success():
    judge = judge_of(0)
    feed(judge, *[1.0] * 50, -1.0)
    assert not judge.close()


def test_nothing_held_is_carried_into_the_next_episode():
    judge = judge_of(0)
    feed(judge, 1.0, 1.0, 1.0)
    assert judge.close()
    feed(judge, 1.0)
    assert not judge.close()


def test_an_episode_without_steps_and_a_reading_that_is_nan_are_no_success():
    judge = judge_of(0)
    judge.add(np.zeros((0, 1)), np.zeros((0, 0)))
    assert not judge.close()
    feed(judge, 1.0, 1.0, 1.0, np.nan)
    assert not judge.close()


@pytest.mark.parametrize(("hold_s", "num_needed"), [(0.3, 3), (0.7, 7), (0.31, 4), (0.0, 1)])
def test_a_hold_is_rounded_up_to_whole_steps_and_by_nothing_else(hold_s, num_needed):
    judge = judge_of(0, hold_s)
    feed(judge, -1.0, *[1.0] * (num_needed - 1)) if num_needed > 1 else feed(judge, -1.0)
    assert not judge.is_success
    feed(judge, 1.0, *[1.0] * (num_needed - 1))
    assert judge.is_success


@given(
    met=st.lists(st.booleans(), min_size=1, max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=5),
    goal_dim=st.sampled_from([0, 1]),
)
def test_portions_make_no_difference(met, cuts, goal_dim):
    whole, parts = judge_of(goal_dim), judge_of(goal_dim)
    contexts = np.where(met, 1.0, -1.0)[:, None]
    goals = np.zeros((len(met), goal_dim))
    whole.add(contexts, goals)
    edges = sorted({0, len(met), *(cut for cut in cuts if cut < len(met))})
    for begin, end in itertools.pairwise(edges):
        parts.add(contexts[begin:end], goals[begin:end])
    num_held = next((n for n, is_met in enumerate(reversed(met)) if not is_met), len(met))
    assert whole.num_held == parts.num_held == num_held
    assert whole.close() == parts.close()
