import numpy as np
import pytest
import torch

from rl_agent.networks.dropout import apply_dropout, draw_kept
from rl_agent.networks.ensemble import EnsembleMlp
from rl_agent.networks.mlp import Mlp


def generator():
    return torch.Generator().manual_seed(0)


def member(ensemble, index, in_dim, hidden_dims):
    """The same network as one ordinary perceptron."""
    net = Mlp(in_dim, hidden_dims, 1, generator(), use_layer_norm=len(ensemble.norms) > 0)
    with torch.no_grad():
        for layer, stacked in zip(net.layers, ensemble.layers, strict=True):
            layer.weight.copy_(stacked.weight[index].T)
            layer.bias.copy_(stacked.bias[index, 0])
        for norm, stacked in zip(net.norms, ensemble.norms, strict=True):
            norm.weight.copy_(stacked.weight[index, 0])
            norm.bias.copy_(stacked.bias[index, 0])
    return net


@pytest.mark.parametrize("use_layer_norm", [False, True])
def test_an_ensemble_is_its_members_side_by_side(use_layer_norm):
    ensemble = EnsembleMlp(3, 5, [8, 6], generator(), use_layer_norm=use_layer_norm)
    with torch.no_grad():
        for norm in ensemble.norms:
            norm.weight.uniform_(0.5, 2.0, generator=generator())
            norm.bias.uniform_(-1.0, 1.0, generator=generator())
    x = torch.randn(7, 5, generator=generator())
    values = ensemble(x)
    assert values.shape == (3, 7)
    for index in range(3):
        expected = member(ensemble, index, 5, [8, 6])(x).squeeze(-1)
        torch.testing.assert_close(values[index], expected)


def test_members_have_gradients_of_their_own():
    ensemble = EnsembleMlp(2, 3, [4], generator())
    ensemble(torch.randn(6, 3, generator=generator()))[0].sum().backward()
    assert ensemble.layers[0].weight.grad[0].abs().sum() > 0
    assert ensemble.layers[0].weight.grad[1].abs().sum() == 0


def test_dropout_by_hand():
    kept = torch.tensor([False, True, True])
    assert apply_dropout(torch.full((3,), 3.0), kept, 0.25).tolist() == [0.0, 4.0, 4.0]


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.5, 0.99])
def test_every_unit_is_dropped_by_itself_at_its_rate(rate):
    rng, kept = np.random.default_rng(0), torch.zeros(2, 5, 7, dtype=torch.bool)
    draws = []
    for _ in range(4000):
        draw_kept(rng, kept, rate)
        draws.append(~kept.numpy().copy().ravel())
    dropped = np.array(draws)
    deviation = np.sqrt(rate * (1.0 - rate) / len(dropped))
    assert dropped.mean() == pytest.approx(rate, abs=5.0 * deviation / np.sqrt(70))
    assert np.abs(dropped.mean(0) - rate).max() < 5.0 * deviation  # the first and the last too
    neighbours = (dropped[:, 1:] & dropped[:, :-1]).mean()
    assert neighbours == pytest.approx(rate**2, rel=0.1, abs=5e-5)


def test_dropped_units_change_the_output_and_their_absence_does_not():
    ensemble = EnsembleMlp(2, 3, [16], generator(), dropout_rate=0.5)
    x = torch.randn(4, 3, generator=generator())
    kept = [torch.zeros(2, 4, 16, dtype=torch.bool)]
    # All hidden units dropped: what is left is the last layer's bias.
    torch.testing.assert_close(ensemble(x, kept), ensemble.layers[-1].bias[:, 0].expand(2, 4))
    assert torch.equal(ensemble(x), ensemble(x))
