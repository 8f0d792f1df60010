import math

import pytest
import torch

from rl_agent.networks.categorical import cross_entropy, least_expected, project_categorical


def test_projection_by_hand():
    shares = torch.tensor([[0.5, 0.25, 0.25]])
    atoms = torch.tensor([[0.25, 5.0, -0.5]])
    # Bins -1, 0, 1. 0.25: 3/8 to 0 and 1/8 to 1; 5: 1/4 to 1; -0.5: 1/8 each to -1 and 0.
    projected = project_categorical(shares, atoms, 1.0)
    assert projected[0].tolist() == pytest.approx([0.125, 0.5, 0.375])


def test_projection_leaves_what_lies_on_bins():
    shares = torch.tensor([[0.1, 0.2, 0.3, 0.4]])
    bins = torch.linspace(-5.0, 5.0, 4)[None]
    torch.testing.assert_close(project_categorical(shares, bins, 5.0), shares)


def test_projection_keeps_mass_and_mean():
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand(16, 101, generator=generator).softmax(-1)
    atoms = torch.rand(16, 101, generator=generator) * 10.0 - 5.0
    projected = project_categorical(shares, atoms, 5.0)
    torch.testing.assert_close(projected.sum(-1), torch.ones(16))
    bins = torch.linspace(-5.0, 5.0, 101)
    torch.testing.assert_close(projected @ bins, (shares * atoms).sum(-1), rtol=1e-4, atol=1e-5)


def test_cross_entropy_by_hand():
    logits = torch.tensor([[[0.0, 0.0]], [[math.log(3.0), 0.0]]])  # 2 members, 1 row, 2 bins
    # -log 1/2, and -log 3/4.
    loss = cross_entropy(logits, torch.tensor([[1.0, 0.0]]))
    assert loss.item() == pytest.approx(math.log(2.0) + math.log(4.0 / 3.0))


def test_each_row_takes_the_member_that_expects_least():
    high, low = [0.0, 9.0], [9.0, 0.0]
    logits = torch.tensor([[high, low], [low, high]])  # 2 members, 2 rows
    chosen = least_expected(logits, torch.tensor([-1.0, 1.0]))
    torch.testing.assert_close(chosen, torch.tensor([low, low]).softmax(-1))
