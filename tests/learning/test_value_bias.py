import numpy as np
import pytest

from rl_agent.algorithms.agent import PolicySample
from rl_agent.data.layout import TransitionLayout
from rl_agent.learning.value_bias import continued_returns, value_bias
from rl_agent.types import Reason

LAYOUT = TransitionLayout(obs_dim=1, act_dim=1)


def rows(rewards, *, terminated=(), truncated=(), start=0.0):
    """A walk whose observation counts its steps."""
    made = np.zeros(len(rewards), LAYOUT.row_dtype)
    made["reward"] = rewards
    made["obs"][:, 0] = start + np.arange(len(rewards))
    made["next_obs"] = made["obs"] + 1.0
    made["terminated"][list(terminated)] = True
    made["truncated"][list(truncated)] = True
    return made


class Believer:
    """An agent whose critics hold the same of every state."""

    def __init__(self, value, bonus=0.0):
        self._value, self._bonus = value, bonus

    def value(self, obs, action):
        return np.full(len(obs), self._value, np.float32)

    def try_policy(self, obs):
        size = len(obs)
        return PolicySample(np.zeros((size, 1), np.float32), np.full(size, self._bonus, np.float32))


def bias(made, agent, gamma=0.5):
    return value_bias(made, agent, gamma=gamma, critic_action="proposed")


def test_returns_are_summed_backwards_to_a_true_end():
    # 1 + 0.5 (2 + 0.5 * 4), 2 + 0.5 * 4, 4.
    nothing = np.zeros(3, np.float32)
    found = continued_returns(rows([1.0, 2.0, 4.0], terminated=[2]), nothing, nothing, 0.5)
    assert found.value.tolist() == [3.0, 4.0, 4.0]
    assert found.remainder.tolist() == [0.0, 0.0, 0.0]


def test_a_truncated_stretch_goes_on_with_the_critics_own_value():
    next_values = np.array([9.0, 8.0, 6.0], np.float32)
    made = rows([1.0, 2.0, 4.0], truncated=[1])
    found = continued_returns(made, next_values, np.zeros(3, np.float32), 0.5)
    # 2 + 0.5 * 8, then 1 + 0.5 * 6; and the newest row, behind which nothing is known: 4 + 0.5 * 6.
    assert found.value.tolist() == [4.0, 6.0, 7.0]
    assert found.remainder.tolist() == [0.25, 0.5, 0.5]


def test_a_jump_between_rows_is_an_end_too():
    made = np.concatenate([rows([1.0]), rows([1.0], start=50.0)])
    found = continued_returns(made, np.full(2, 2.0, np.float32), np.zeros(2, np.float32), 0.5)
    assert found.value.tolist() == [2.0, 2.0]


def test_entropy_is_paid_for_on_the_way():
    bonus = np.array([0.5, 7.0], np.float32)
    found = continued_returns(rows([1.0, 1.0], terminated=[1]), bonus, bonus, 0.5)
    # The first action's own entropy is none of Q's: 1 + 0.5 (0.5 + 1).
    assert found.value.tolist() == [1.75, 1.0]


@pytest.mark.parametrize("ends", [{}, {"truncated": [3, 7]}, {"truncated": [4], "terminated": [6]}])
def test_a_bias_that_is_the_same_everywhere_is_found_whole(ends):
    # Rewards of 1 for ever are worth 2; the critics say 5. A true end is worth as much here.
    made = rows(np.ones(10), **ends)
    made["reward"][made["terminated"]] = 2.0
    figures = bias(made, Believer(5.0))
    assert figures["q_bias"] == pytest.approx(3.0)
    assert figures["discounted_return"] == pytest.approx(2.0)
    assert figures["q_mean"] == 5.0


def test_true_critics_have_none():
    figures = bias(rows(np.ones(20)), Believer(2.0))
    assert figures["q_bias"] == pytest.approx(0.0)
    assert figures["q_bias_relative"] == pytest.approx(0.0)


def test_entropy_that_critics_promise_is_no_bias():
    # 1 + 0.5 (1 + Q) is Q at 3.
    assert bias(rows(np.ones(20)), Believer(3.0, bonus=1.0))["q_bias"] == pytest.approx(0.0)


def test_where_the_returns_are_mostly_the_critics_word_nothing_is_said():
    # One step of 0.99: a hundredth is measured.
    assert bias(rows([1.0]), Believer(5.0), gamma=0.99) == {}


def test_what_is_no_number_is_left_out():
    made = rows(np.ones(20))
    made["obs"][5] = np.nan
    made["reward"][9] = np.inf
    assert bias(made, Believer(2.0))["q_bias"] == pytest.approx(0.0)
    assert bias(made[5:6], Believer(2.0)) == {}


def test_without_any_returns_nothing_is_relative_to_them():
    figures = bias(rows(np.zeros(4), terminated=[0, 1, 2, 3]), Believer(0.0))
    assert figures.keys() == {"q_mean", "discounted_return", "q_bias"}


def test_an_agent_that_cannot_try_its_policy_leaves_it_out():
    class Mute(Believer):
        def try_policy(self, obs):
            return None

    assert bias(rows(np.ones(4)), Mute(1.0)) == {}


@pytest.mark.parametrize(("reasons", "expected"), [(0, 0.0), (Reason.JERK | Reason.HUMAN, 3.0)])
def test_where_a_person_was_at_the_controls_their_action_is_judged(reasons, expected):
    class ByAction(Believer):
        """Right about what was proposed, 3 too much about what was done."""

        def value(self, obs, action):
            return np.where(action[:, 0] == 1.0, 5.0, 2.0).astype(np.float32)

    made = rows(np.ones(20))
    made["applied_action"], made["reasons"] = 1.0, int(reasons)
    made["terminated"][-1], made["reward"][-1] = True, 2.0
    assert bias(made, ByAction(2.0))["q_bias"] == pytest.approx(expected)
