import math

import pytest

from rl_agent.algorithms.reward_scale import RewardScale


def observed(rewards, gamma=0.5, limit=5.0, last=()):
    scale = RewardScale(gamma, limit)
    for index, reward in enumerate(rewards):
        scale.observe(reward, is_last=index in last)
    return scale.scale.item()


def test_it_is_one_until_there_are_two_rewards():
    assert RewardScale(0.9, 5.0).scale.item() == 1.0
    assert observed([7.0]) == 1.0


def test_it_is_the_spread_of_discounted_sums():
    # Sums 2, 0.5 * 2 + 3 = 4; their standard deviation is 1, and 4 / 5 is less.
    assert observed([2.0, 3.0]) == pytest.approx(1.0)


def test_an_episodes_end_begins_the_sum_anew():
    # Sums 2, then 3: standard deviation 0.5, but the largest must fit: 3 / 5.
    assert observed([2.0, 3.0], last=(0,)) == pytest.approx(0.6)


def test_a_steady_stream_of_rewards_stays_within_the_limit():
    scale = observed([-1.0] * 2000, gamma=0.99)
    assert 100.0 / scale <= 5.0 * 1.001
    assert scale == pytest.approx(20.0, rel=1e-3)


def test_rewards_of_zero_divide_by_more_than_zero():
    assert observed([0.0, 0.0, 0.0]) == pytest.approx(1e-4)


def test_it_goes_on_from_its_tensors():
    whole, first, second = (RewardScale(0.9, 5.0) for _ in range(3))
    rewards = [1.0, -2.0, 0.5, 3.0]
    for reward in rewards:
        whole.observe(reward, is_last=False)
    for reward in rewards[:2]:
        first.observe(reward, is_last=False)
    for (_, own), (_, other) in zip(second.named_tensors(), first.named_tensors(), strict=True):
        own.copy_(other)
    for reward in rewards[2:]:
        second.observe(reward, is_last=False)
    assert second.scale.item() == whole.scale.item()
    assert math.isfinite(whole.scale.item())
