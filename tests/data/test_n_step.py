import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import LAYOUT, transition

from rl_agent.data.n_step import n_step_return
from rl_agent.data.replay_buffer import ReplayBuffer

REWARD = np.array([[1.0, 2.0, 4.0]], dtype=np.float32)
NO, FIRST, SECOND = [[False] * 3], [[True, False, False]], [[False, True, False]]


@pytest.mark.parametrize(
    ("terminated", "is_end", "total", "discount", "last"),
    [
        # 1 + 0.5 * 2 + 0.25 * 4 = 3, then 0.5^3.
        (NO, NO, 3.0, 0.125, 2),
        # A time limit after the second step: 1 + 0.5 * 2, and the critic goes on with 0.5^2.
        (NO, SECOND, 2.0, 0.25, 1),
        # A termination there: the same sum, and nothing after it.
        (SECOND, NO, 2.0, 0.0, 1),
        (SECOND, SECOND, 2.0, 0.0, 1),
        (NO, FIRST, 1.0, 0.5, 0),
        # The end comes before the termination, which is another episode's.
        (SECOND, FIRST, 1.0, 0.5, 0),
    ],
)
def test_by_hand(terminated, is_end, total, discount, last):
    returns = n_step_return(REWARD, np.array(terminated), np.array(is_end), 0.5)
    assert returns.reward.tolist() == [total]
    assert returns.discount.tolist() == [discount]
    assert returns.last.tolist() == [last]


def test_one_step_is_the_reward_itself():
    returns = n_step_return(
        np.array([[3.0], [4.0]], np.float32),
        np.array([[False], [True]]),
        np.array([[False], [True]]),
        0.9,
    )
    assert returns.reward.tolist() == [3.0, 4.0]
    assert returns.discount.tolist() == pytest.approx([0.9, 0.0])


steps = st.lists(
    st.tuples(st.integers(-5, 5), st.sampled_from(["goes on", "terminated", "truncated"])),
    min_size=1,
    max_size=20,
)


def expected_return(story, start, num_steps):
    """Step by step, as one would tell it."""
    total, discount, last = 0.0, 1.0, start
    for last in range(start, min(start + num_steps, len(story))):
        reward, end = story[last]
        total += discount * reward
        discount *= 0.5
        if end == "terminated":
            return total, 0.0, last + 1
        if end == "truncated":
            break
    return total, discount, last + 1


@given(steps, st.integers(1, 5))
def test_time_limits_bootstrap_and_terminations_do_not(story, num_steps):
    replay = ReplayBuffer(LAYOUT, 20, gamma=0.5, n_step=num_steps)
    for index, (reward, end) in enumerate(story):
        ends = {"terminated": end == "terminated", "truncated": end == "truncated"}
        replay.add(transition(index, reward=float(reward), **ends))
    batch = replay.sample(60, np.random.default_rng(0))
    for obs, *found in zip(
        batch.obs[:, 0], batch.reward, batch.discount, batch.next_obs[:, 0], strict=True
    ):
        assert tuple(found) == expected_return(story, int(obs), num_steps)
