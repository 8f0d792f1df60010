import pytest
import torch

from rl_agent.algorithms.return_scale import ReturnScale


def scale(rewards, limit, last=()):
    returns = ReturnScale(0.5, limit)
    for index, reward in enumerate(rewards):
        returns.observe(reward, is_last=index in last)
    return returns.scale.item()


def test_nothing_is_scaled_before_the_first_reward():
    assert scale([], 5.0) == 1.0


def test_the_spread_of_discounted_sums_by_hand():
    # Sums 1 and 1 + 0.5; their standard deviation 0.25 is more than 1.5 / 100.
    assert scale([1.0, 1.0], 100.0) == pytest.approx(0.25, rel=1e-5)


def test_the_largest_sum_stays_within_the_limit():
    assert scale([1.0, 1.0], 5.0) == pytest.approx(1.5 / 5.0)
    assert scale([-3.0, 0.0], 1.0) == pytest.approx(3.0)


def test_the_sum_begins_anew_after_an_episode():
    # Sums 1, 1 instead of 1, 1.5.
    assert scale([1.0, 1.0], 5.0, last={0}) == pytest.approx(0.2)


def test_no_reward_at_all_does_not_divide_by_zero():
    assert 0.0 < scale([0.0, 0.0], 5.0) < 1e-3


def test_its_tensors_are_its_whole_state():
    first, second = ReturnScale(0.5, 5.0), ReturnScale(0.5, 5.0)
    for reward in (1.0, -2.0, 0.5):
        first.observe(reward, is_last=False)
    own, other = dict(first.named_tensors()), dict(second.named_tensors())
    for name, tensor in other.items():
        tensor.copy_(own[name])
    for returns in (first, second):
        returns.observe(4.0, is_last=False)
    assert own.keys() == other.keys()
    assert all(torch.equal(own[name], other[name]) for name in own)
