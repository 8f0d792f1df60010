import math

import pytest
import torch

from rl_agent.networks.squashed_gaussian import (
    LOG_STD_MAX,
    LOG_STD_MIN,
    SquashedGaussianActor,
    sample_squashed,
)


def test_density_by_hand():
    sample = sample_squashed(torch.tensor([[0.5]]), torch.tensor([[0.0]]), torch.tensor([[0.0]]))
    # log N(0) = -0.918939; minus log(1 - tanh(0.5)^2) = log(0.786448) = -0.240229.
    assert sample.action.item() == pytest.approx(math.tanh(0.5))
    assert sample.log_prob.item() == pytest.approx(-0.918939 + 0.240229, abs=1e-5)


def test_density_agrees_with_torchs_transformed_distribution():
    mean, log_std = torch.randn(6, 3), torch.randn(6, 3) * 0.3
    noise = torch.randn(6, 3)
    sample = sample_squashed(mean, log_std, noise)
    base = torch.distributions.Normal(mean, log_std.exp())
    reference = torch.distributions.TransformedDistribution(
        base, [torch.distributions.TanhTransform(cache_size=1)]
    )
    expected = reference.log_prob(sample.action.clamp(-1 + 1e-6, 1 - 1e-6)).sum(-1)
    torch.testing.assert_close(sample.log_prob, expected, atol=1e-2, rtol=1e-3)


@pytest.mark.parametrize("mean", [-50.0, 50.0])
def test_density_stays_finite_far_out(mean):
    sample = sample_squashed(torch.full((1, 1), mean), torch.zeros(1, 1), torch.zeros(1, 1))
    assert torch.isfinite(sample.log_prob).all()
    assert abs(sample.action.item()) <= 1.0


def test_the_actor_bounds_log_std_and_normalises_inside():
    actor = SquashedGaussianActor(2, 3, [8], torch.Generator().manual_seed(0))
    mean, log_std = actor(torch.randn(5, 2) * 1e6)
    assert mean.shape == log_std.shape == (5, 3)
    assert (log_std >= LOG_STD_MIN).all()
    assert (log_std <= LOG_STD_MAX).all()
    before = actor(torch.ones(1, 2))[0]
    for value in (1.0, 2.0, 5.0):
        actor.normalizer.update(torch.full((2,), value))
    assert not torch.equal(actor(torch.ones(1, 2))[0], before)
