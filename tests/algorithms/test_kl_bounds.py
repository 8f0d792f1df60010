import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from rl_agent.algorithms.compilation import compiled_gradients, eager_gradients
from rl_agent.algorithms.kl_bounds import (
    Duals,
    gaussian_distance,
    sample_weights,
    weights_distance,
)


def test_weights_by_hand():
    q_values = torch.tensor([[0.0], [2.0 * math.log(3.0)]])
    # e^0 to e^(log 3): one to three.
    weights = sample_weights(q_values, torch.tensor(2.0))
    assert weights.flatten().tolist() == pytest.approx([0.25, 0.75])


def test_distance_from_uniform_by_hand():
    even, all_on_one = [0.25] * 4, [0.0, 1.0, 0.0, 0.0]
    assert weights_distance(torch.tensor([even]).T).item() == pytest.approx(0.0, abs=1e-6)
    assert weights_distance(torch.tensor([all_on_one]).T).item() == pytest.approx(math.log(4.0))


def test_distance_of_gaussians_by_hand():
    zero, log_two = torch.zeros(1, 1), torch.full((1, 1), math.log(2.0))
    distance = gaussian_distance(zero, log_two, zero + 1.0, log_two + 1.0)
    # (1 / 2)^2 / 2; and log(s / s') + (s' / s)^2 / 2 - 1/2 for a spread e times as large.
    assert distance.mean.item() == pytest.approx(0.125)
    assert distance.std.item() == pytest.approx(1.0 + 0.5 * math.exp(-2.0) - 0.5)


def test_distance_with_one_part_held_is_torchs():
    generator = torch.Generator().manual_seed(0)
    target_mean, target_log_std, mean, log_std = torch.randn(4, 8, 3, generator=generator)
    distance = gaussian_distance(target_mean, target_log_std, mean, log_std)
    target = Normal(target_mean, target_log_std.exp())
    held_std = kl_divergence(target, Normal(mean, target_log_std.exp())).sum(-1).mean()
    held_mean = kl_divergence(target, Normal(target_mean, log_std.exp())).sum(-1).mean()
    torch.testing.assert_close(distance.mean, held_std)
    torch.testing.assert_close(distance.std, held_mean)


def test_the_temperatures_gradient_is_that_of_its_dual_function():
    q_values = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))
    temperature = torch.tensor(0.7, requires_grad=True)
    log_mean_exp = (q_values / temperature).logsumexp(0) - math.log(20)
    (temperature * 0.1 + temperature * log_mean_exp.mean()).backward()
    distance = weights_distance(sample_weights(q_values, temperature.detach()))
    assert (0.1 - distance).item() == pytest.approx(temperature.grad.item(), abs=1e-5)


@pytest.mark.parametrize("gradients_of", [eager_gradients, compiled_gradients])
def test_prices_rise_where_a_bound_is_exceeded(gradients_of):
    duals = Duals((2.0, 2.0), (0.1, 0.1), 0.01)
    duals.step(gradients_of, torch.tensor([0.2, 0.05]))
    # Adam's first step has the learning rate's length, in the logarithm.
    expected = [2.0 * math.exp(0.01), 2.0 * math.exp(-0.01)]
    assert duals.values.tolist() == pytest.approx(expected)
