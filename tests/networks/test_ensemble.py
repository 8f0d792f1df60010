import pytest
import torch

from rl_agent.networks.dropout import apply_dropout, dropout_threshold
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
    # A quarter of 65536 levels lies below -32768 + 16384 = -16384.
    assert dropout_threshold(0.25) == -16384
    bits = torch.tensor([-32768, -16385, -16384, 32767], dtype=torch.int16)
    kept = apply_dropout(torch.full((4,), 3.0), bits, 0.25)
    assert kept.tolist() == [0.0, 0.0, 4.0, 4.0]


def test_dropout_keeps_the_mean():
    bits = torch.arange(-32768, 32768, dtype=torch.int16)
    assert apply_dropout(torch.ones(65536), bits, 0.01).mean().item() == pytest.approx(1, abs=1e-4)


def test_dropout_bits_change_the_output_and_their_absence_does_not():
    ensemble = EnsembleMlp(2, 3, [16], generator(), dropout_rate=0.5)
    x = torch.randn(4, 3, generator=generator())
    bits = [torch.full((2, 4, 16), -32768, dtype=torch.int16)]
    # All hidden units dropped: what is left is the last layer's bias.
    torch.testing.assert_close(ensemble(x, bits), ensemble.layers[-1].bias[:, 0].expand(2, 4))
    assert torch.equal(ensemble(x), ensemble(x))
