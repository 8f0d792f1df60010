import numpy as np
import pytest
import torch

from rl_agent.algorithms.targets import (
    ensemble_td_loss,
    polyak_,
    quantile_huber_loss,
    soft_td_target,
    truncated,
)


def test_soft_target_by_hand():
    target = soft_td_target(
        reward=torch.tensor([1.0, 2.0]),
        discount=torch.tensor([0.9, 0.0]),
        next_q=torch.tensor([[10.0, 3.0], [8.0, 5.0]]),
        penalty=torch.tensor([-1.0, 0.5]),
    )
    # 1 + 0.9 (min(10, 8) + 0.5 * 2) = 9.1; the second terminated, so its reward alone.
    assert target.tolist() == pytest.approx([9.1, 2.0])


def test_loss_is_the_mean_over_the_batch_summed_over_members():
    loss = ensemble_td_loss(torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([0.0, 4.0]))
    # Member 1: (1 + 4) / 2; member 2: (0 + 16) / 2.
    assert loss.item() == pytest.approx(2.5 + 8.0)


def test_polyak_by_hand():
    target, source = torch.tensor([1.0]), torch.tensor([3.0])
    polyak_([target], [source], 0.25)
    assert target.item() == pytest.approx(1.5)
    assert source.item() == 3.0


def test_quantile_loss_by_hand():
    # One critic, one row, two quantiles at 1/4 and 3/4; one sample of the target.
    quantiles, target = torch.tensor([[[0.0, 3.0]]]), torch.tensor([[0.5]])
    # 0.5 above: 1/4 * 0.5 * 0.5^2; 2.5 below: |3/4 - 1| * (2.5 - 0.5).
    expected = (0.25 * 0.125 + 0.25 * 2.0) / 2.0
    assert quantile_huber_loss(quantiles, target).item() == pytest.approx(expected)


def test_quantile_loss_is_least_at_the_quantiles():
    samples = torch.randn(1, 2000, generator=torch.Generator().manual_seed(0)) * 10.0
    shares = (torch.arange(5) + 0.5) / 5
    best = torch.quantile(samples[0], shares)[None, None]
    least = quantile_huber_loss(best, samples)
    for change in (-1.0, 1.0):
        assert quantile_huber_loss(best + change, samples) > least


def test_truncation_drops_the_largest_of_all_critics_together():
    atoms = torch.tensor([[[5.0, 1.0, 9.0]], [[2.0, 8.0, 7.0]]])  # 2 critics, 1 row, 3 atoms
    assert truncated(atoms, 1).tolist() == [[1.0, 2.0, 5.0, 7.0]]
    assert truncated(atoms, 0).tolist() == [[1.0, 2.0, 5.0, 7.0, 8.0, 9.0]]


def test_weighed_losses_by_hand():
    q_values, target = torch.tensor([[1.0, 2.0]]), torch.tensor([0.0, 4.0])
    weight = torch.tensor([1.0, 0.5])
    # (1 * 1 + 0.5 * 4) / 2.
    assert ensemble_td_loss(q_values, target, weight).item() == pytest.approx(1.5)
    quantiles, samples = torch.tensor([[[0.0], [3.0]]]), torch.tensor([[0.5], [0.5]])
    # One quantile at 1/2: (1 * 1/2 * 0.125 + 0.5 * 1/2 * 2) / 2.
    loss = quantile_huber_loss(quantiles, samples, weight)
    assert loss.item() == pytest.approx((0.0625 + 0.5) / 2.0)


def test_the_quantile_losss_gradient_is_its_own():
    generator = torch.Generator().manual_seed(1)
    quantiles = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    target = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    (found,) = torch.autograd.grad(quantile_huber_loss(quantiles, target), quantiles)
    step, expected = 1e-6, torch.zeros_like(found)
    for index in np.ndindex(*quantiles.shape):
        change = torch.zeros_like(found)
        change[index] = step
        above, below = (quantile_huber_loss(quantiles + s * change, target) for s in (1, -1))
        expected[index] = (above - below).item() / (2.0 * step)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
