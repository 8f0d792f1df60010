import numpy as np
import torch

from rl_agent.networks.normalizer import MIN_STD, Normalizer


def test_statistics_equal_numpys_over_all_observations():
    obs = np.random.default_rng(0).normal([3.0, -5.0], [2.0, 0.1], (200, 2)).astype(np.float32)
    normalizer = Normalizer(2)
    for row in obs:
        normalizer.update(torch.from_numpy(row))
    np.testing.assert_allclose(normalizer.mean.numpy(), obs.mean(0), rtol=1e-5)
    np.testing.assert_allclose(normalizer.std.numpy(), obs.std(0), rtol=1e-4)


def test_by_hand():
    normalizer = Normalizer(1)
    for value in (1.0, 3.0):
        normalizer.update(torch.tensor([value]))
    # Mean 2, standard deviation 1.
    assert normalizer(torch.tensor([[4.0], [2.0], [100.0]])).ravel().tolist() == [2.0, 0.0, 10.0]


def test_it_is_the_identity_before_anything_was_seen_and_if_disabled():
    obs = torch.tensor([[5.0, -7.0]])
    disabled = Normalizer(2, is_enabled=False)
    disabled.update(obs[0])
    assert torch.equal(Normalizer(2)(obs), obs)
    assert torch.equal(disabled(obs), obs)


def test_a_constant_observation_is_not_blown_up():
    normalizer = Normalizer(1)
    for _ in range(10):
        normalizer.update(torch.tensor([0.5]))
    assert normalizer.std.item() == np.float32(MIN_STD)
    assert abs(normalizer(torch.tensor([[0.5 + 1e-6]])).item()) < 0.01


def test_its_state_dict_carries_the_statistics():
    first, second = Normalizer(1), Normalizer(1)
    for value in (1.0, 3.0):
        first.update(torch.tensor([value]))
    second.load_state_dict(first.state_dict())
    second.update(torch.tensor([5.0]))
    first.update(torch.tensor([5.0]))
    assert torch.equal(first.std, second.std)
