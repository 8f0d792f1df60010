import pytest
import torch

from rl_agent.networks.rms_norm import EnsembleRmsNorm


def test_a_rows_mean_square_becomes_one_times_the_scales():
    norm = EnsembleRmsNorm(1, 2)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2.0]))
    # Of 1 and 7 the squares' mean is 25.
    assert norm(torch.tensor([[[1.0, 7.0]]])).ravel().tolist() == pytest.approx([0.2, 2.8])


def test_it_equals_torchs_for_each_member():
    norm = EnsembleRmsNorm(2, 4)
    x = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        norm.weight.copy_(torch.arange(8.0).view(2, 1, 4))
    for member in range(2):
        weight = norm.weight[member, 0]
        expected = torch.nn.functional.rms_norm(x[member], (4,), weight, eps=1e-6)
        torch.testing.assert_close(norm(x)[member], expected)


def test_zeros_stay_zeros():
    assert not EnsembleRmsNorm(1, 3)(torch.zeros(1, 2, 3)).any()
