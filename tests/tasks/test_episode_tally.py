"""Episodes counted from rows: those of a robot that walks are successes, though it walks on."""

from __future__ import annotations

import numpy as np
import pytest

from rl_agent.data.layout import TransitionLayout
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.episode_judge import EpisodeJudge
from rl_agent.tasks.episode_tally import EpisodeTally
from rl_agent.tasks.walk import WalkTask

LAYOUT = TransitionLayout(obs_dim=1, act_dim=1, context_dim=5)
WALKING = [0.5, 0.0, 0.0, -1.0, 0.0]
STANDING = [0.0, 0.0, 0.0, -1.0, 0.0]
LYING = [0.5, 1.0, 0.0, 0.0, 0.0]


def rows_of(*contexts):
    rows = np.zeros(len(contexts), LAYOUT.row_dtype)
    rows["next_context"] = np.array(contexts)
    rows["reward"] = 0.5
    return rows


@pytest.fixture
def walk():
    return WalkTask(load_robot("go1"), None)


def tally_of(walk, policy_hz=20.0):
    return EpisodeTally(EpisodeJudge(walk, policy_hz))


def test_a_robot_that_walked_for_ten_seconds_succeeded(walk):
    # hold_s is 10 s, at 20 Hz 200 steps. Speeds are means over 2 s: 0.35 m/s after 28 steps of 40,
    # so that the 10 s have begun at the 29th for certain.
    rows = rows_of(*[STANDING] * 172, *[WALKING] * 228)
    rows["truncated"][-1] = True
    (episode,) = tally_of(walk).take(rows)
    assert (episode.num_steps, episode.episode_return, episode.is_success) == (400, 200.0, True)


def test_one_that_walked_for_less_or_fell_did_not(walk):
    short = rows_of(*[STANDING] * 174, *[WALKING] * 226)
    short["truncated"][-1] = True
    fall = rows_of(*[WALKING] * 399, LYING)
    fall["terminated"][-1] = True
    tally = tally_of(walk)
    assert [e.is_success for e in tally.take(np.concatenate([short, fall]))] == [False, False]


def test_an_episode_may_come_in_portions(walk):
    rows = rows_of(*[WALKING] * 400, *[STANDING] * 3)
    rows["truncated"][399] = True
    tally = tally_of(walk)
    ended = [
        episode for begin in range(0, 403, 7) for episode in tally.take(rows[begin : begin + 7])
    ]
    assert [(e.num_steps, e.is_success) for e in ended] == [(400, True)]


def test_where_a_judge_rewards_its_word_is_the_success():
    rows = rows_of(*[WALKING] * 6)
    rows["reward"] = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    rows["terminated"] = [False, True, False, True, False, False]
    rows["truncated"] = [False, False, False, False, False, True]
    ended = EpisodeTally(None).take(rows)
    # A success, a failure, and one that time ended.
    assert [(e.num_steps, e.episode_return, e.is_success) for e in ended] == [
        (2, 1.0, True),
        (2, 0.0, False),
        (2, 0.0, False),
    ]


@pytest.mark.parametrize("portion", [1, 3, 20])
def test_what_a_pause_cut_off_is_no_episode(walk, portion):
    # Six steps, a pause, then four more up to an end; the row ahead of the pause has no mark.
    rows = rows_of(*[WALKING] * 10)
    rows["obs"][:, 0] = [0, 1, 2, 3, 4, 5, 70, 71, 72, 73]
    rows["next_obs"][:, 0] = [1, 2, 3, 4, 5, 6, 71, 72, 73, 74]
    rows["truncated"][-1] = True
    tally = tally_of(walk)
    ended = [
        e for begin in range(0, 10, portion) for e in tally.take(rows[begin : begin + portion])
    ]
    assert [(e.num_steps, e.episode_return) for e in ended] == [(4, 2.0)]


def test_ten_seconds_with_a_pause_in_between_are_no_success(walk):
    rows = rows_of(*[WALKING] * 400)
    rows["obs"][201:], rows["next_obs"][201:] = 1.0, 1.0
    rows["truncated"][-1] = True
    (episode,) = tally_of(walk).take(rows)
    assert (episode.num_steps, episode.is_success) == (199, False)


def test_what_is_no_number_adds_nothing():
    rows = rows_of(*[WALKING] * 4)
    rows["reward"] = [1.0, np.inf, np.nan, 2.0]
    rows["truncated"][-1] = True
    assert [e.episode_return for e in EpisodeTally(None).take(rows)] == [3.0]


def test_who_begins_within_an_episode_leaves_its_rest_out():
    rows = rows_of(*[WALKING] * 9)
    rows["truncated"][[2, 5]] = True
    tally = EpisodeTally(None, begins_within=True)
    assert tally.take(rows[:2]) == []
    (whole,) = tally.take(rows[2:])
    assert whole.num_steps == 3
