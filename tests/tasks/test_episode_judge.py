"""One rule of success: at the last step with goals, held over the last seconds without."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.tasks.episode_judge import EpisodeJudge

HZ = 10.0
FALLEN = -99.0


class Sign:
    """Is met where the context is above the goal, or above 0 without one."""

    context_dim = 1

    def __init__(self, goal_dim: int, hold_s: float = 0.3, smooth_s: float = 0.0) -> None:
        self.goal_dim = goal_dim
        self.hold_s = hold_s
        self.smooth_s = smooth_s

    def terminated(self, context, goal):
        return context[..., 0] == FALLEN

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


def test_what_swings_is_judged_by_its_mean():
    # 0.2 s at 10 Hz: two steps' mean. Each portion begins where the last one ended.
    judge = EpisodeJudge(Sign(0, 0.3, 0.2), HZ)
    goals = np.zeros((2, 0))
    first = judge.add(np.array([[-1.0], [2.0]]), goals)
    second = judge.add(np.array([[-1.0], [-3.0]]), goals)
    np.testing.assert_array_equal([first, second], [[False, True], [True, False]])
    judge.close()
    # The next episode knows nothing of the last one, and who falls at its end has no success.
    assert judge.add(np.array([[0.5]]), goals[:1]).all()
    assert not judge.add(np.array([[FALLEN]]), goals[:1]).any()


@given(st.lists(st.lists(st.floats(-9, 9), max_size=5), max_size=8), st.integers(1, 6))
def test_a_mean_does_not_depend_on_the_portions(portions, width):
    judges = [EpisodeJudge(Sign(0, 0.3, width / HZ), HZ) for _ in range(2)]
    steps = [value for portion in portions for value in portion]
    parts = [judges[0].add(np.array(p)[:, None], np.zeros((len(p), 0))) for p in portions]
    whole = judges[1].add(np.array(steps)[:, None], np.zeros((len(steps), 0)))
    assert [bool(met) for part in parts for met in part] == list(whole)
