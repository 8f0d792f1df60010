import pytest
import torch

from rl_agent.networks.hyperspherical import (
    HyperLinear,
    HypersphericalNet,
    LerpBlock,
    Scaler,
    project_to_sphere_,
)


def generator():
    return torch.Generator().manual_seed(0)


def net(shift=3.0):
    return HypersphericalNet(2, 2, (8, 8), 5, generator(), shift=shift)


def lengths(module):
    layers = [layer for layer in module.modules() if isinstance(layer, HyperLinear)]
    return torch.cat([layer.weight.detach().norm(dim=1).flatten() for layer in layers])


def test_weights_of_each_output_have_length_one():
    module = net()
    assert lengths(module).tolist() == pytest.approx([1.0] * len(lengths(module)))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(3.0)
    project_to_sphere_(module)
    assert lengths(module).tolist() == pytest.approx([1.0] * len(lengths(module)))


def test_projection_keeps_the_direction():
    layer = HyperLinear(1, 2, 1, generator())
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[3.0], [-4.0]]]))
    layer.project_()
    assert layer.weight.flatten().tolist() == pytest.approx([0.6, -0.8])


def test_inputs_are_shifted_and_then_scaled_to_length_one():
    module, seen = net(), []
    module.embed.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    module(torch.tensor([[0.0, 4.0], [0.0, 0.0]]))
    expected = torch.tensor([[0.0, 0.8, 0.6], [0.0, 0.0, 1.0]])
    torch.testing.assert_close(seen[0][1], expected)


def test_features_have_length_one_after_each_block():
    module, seen = net(), []
    for block in module.blocks:
        block.register_forward_hook(lambda _, inputs, output: seen.extend([inputs[0], output]))
    assert module(torch.randn(6, 2, generator=generator())).shape == (2, 6, 5)
    for features in seen:
        torch.testing.assert_close(features.norm(dim=-1), torch.ones(2, 6))


def test_a_scaler_starts_at_its_initial_factor_and_learns_in_units_of_its_scale():
    scaler = Scaler(1, 2, 0.5, 0.1)
    x = torch.tensor([[[2.0, 4.0]]])
    assert scaler(x).flatten().tolist() == pytest.approx([1.0, 2.0])
    with torch.no_grad():
        scaler.factor += 0.1  # twice the scale, so twice the factor
    assert scaler(x).flatten().tolist() == pytest.approx([2.0, 4.0])


def test_a_block_goes_a_share_of_the_way():
    block = LerpBlock(1, 4, 0.5, generator())
    x = torch.tensor([[[0.0, 0.6, 0.0, 0.8]]])
    with torch.no_grad():
        halfway = block(x)
        block.share.factor.zero_()
        torch.testing.assert_close(block(x), x)
        block.share.factor.fill_(1.0)  # of a scale of 1 / sqrt(4) for a share of 0.5: all the way
        goal = block(x)
    expected = torch.nn.functional.normalize(x + goal, dim=-1)
    torch.testing.assert_close(halfway, expected)
