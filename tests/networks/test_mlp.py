import pytest
import torch

from rl_agent.networks.mlp import Mlp


def generator():
    return torch.Generator().manual_seed(0)


def test_one_hidden_unit_by_hand():
    net = Mlp(1, [1], 1, generator())
    with torch.no_grad():
        for layer, (weight, bias) in zip(net.layers, [(2.0, 1.0), (3.0, -1.0)], strict=True):
            layer.weight.fill_(weight)
            layer.bias.fill_(bias)
    # relu(2 * 1.5 + 1) * 3 - 1 = 11; relu(2 * -1 + 1) = 0, so -1.
    assert net(torch.tensor([[1.5], [-1.0]])).ravel().tolist() == [11.0, -1.0]


def test_weights_start_within_one_over_the_root_of_the_inputs():
    net = Mlp(16, [256], 4, generator())
    assert net.layers[0].weight.abs().max() <= 0.25
    assert net.layers[0].weight.abs().max() > 0.24
    assert net.layers[1].bias.abs().max() <= 1 / 16


def test_the_same_generator_seed_gives_the_same_weights():
    first, second = Mlp(3, [4], 2, generator()), Mlp(3, [4], 2, generator())
    assert torch.equal(first.layers[0].weight, second.layers[0].weight)


@pytest.mark.parametrize("use_layer_norm", [False, True])
def test_layer_norm_makes_the_output_blind_to_the_scale_of_hidden_units(use_layer_norm):
    net = Mlp(3, [8], 2, generator(), use_layer_norm=use_layer_norm)
    obs = torch.randn(5, 3, generator=generator())
    before = net(obs)
    with torch.no_grad():
        net.layers[0].weight.mul_(100.0)
        net.layers[0].bias.mul_(100.0)
    assert torch.allclose(net(obs), before, atol=1e-3) is use_layer_norm
