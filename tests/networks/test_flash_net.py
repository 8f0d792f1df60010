import math

import pytest
import torch
from torch.nn.functional import batch_norm, rms_norm

from rl_agent.networks.batch_norm import EPSILON, BatchNorm, follow_, packed
from rl_agent.networks.flash_net import FlashNet, bound_weights_
from rl_agent.networks.hyperspherical import HyperLinear
from rl_agent.networks.rms_norm import EnsembleRmsNorm


def generator():
    return torch.Generator().manual_seed(0)


def net(num_members=2):
    return FlashNet(num_members, 3, (4, 4), 5, generator())


def disturb(network):
    """Shake all parameters, as steps do."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator()))


def test_an_ensemble_is_its_members_side_by_side():
    ensemble = net()
    x = torch.randn(16, 3, generator=generator())
    values = ensemble(x, [])
    assert values.shape == (2, 16, 5)
    for member in range(2):
        h = batch_norm(x, None, None, training=True, eps=EPSILON) @ ensemble.embed.weight[member]
        for block in ensemble.blocks:
            inner = h @ block.first.weight[member]
            inner = batch_norm(inner, None, None, training=True, eps=EPSILON).relu()
            inner = inner @ block.second.weight[member]
            h = h + batch_norm(inner, None, None, training=True, eps=EPSILON).relu()
        expected = rms_norm(h, (4,), eps=1e-6) @ ensemble.out.weight[member]
        torch.testing.assert_close(values[member], expected, rtol=1e-4, atol=1e-5)


def test_a_block_is_four_times_as_wide_inside():
    block = net().blocks[0]
    assert block.first.weight.shape == (2, 4, 16) and block.second.weight.shape == (2, 16, 4)


def test_moments_reach_the_norms_that_they_come_from():
    network, moments = net(), []
    x = 3.0 * torch.randn(64, 3, generator=generator()) + 1.0
    trained = network(x, moments)
    follow_(network, packed(moments))
    # The first moments are the running ones: acting on the same batch gives the same.
    torch.testing.assert_close(network(x), trained)
    alone = network(x[:1])
    torch.testing.assert_close(alone, trained[:, :1])


def test_a_rows_logits_are_no_longer_than_its_width_allows():
    network = net()
    for scale in (1.0, 1e4):
        out = network(scale * torch.randn(32, 3, generator=generator()))
        # Features of 4 units have length 2, and weights length 1.
        assert out.detach().abs().max() <= 2.0 + 1e-4


def test_after_a_step_all_is_brought_back_to_its_length():
    network = net()
    disturb(network)
    bias = network.out_bias.detach().clone()
    bound_weights_(network)
    for module in network.modules():
        if isinstance(module, HyperLinear):
            length = module.weight.square().sum(1)
            torch.testing.assert_close(length, torch.ones_like(length))
        elif isinstance(module, BatchNorm):
            square = module.weight.square().sum(-1) + module.bias.square().sum(-1)
            torch.testing.assert_close(square, torch.full_like(square, module.weight.shape[-1]))
        elif isinstance(module, EnsembleRmsNorm):
            square = module.weight.square().sum(-1)
            torch.testing.assert_close(square, torch.full_like(square, 4.0))
    assert torch.equal(network.out_bias, bias)


def test_scale_and_shift_of_a_norm_keep_their_proportion():
    norm = BatchNorm((1, 1))
    with torch.no_grad():
        norm.weight.fill_(6.0)
        norm.bias.fill_(-8.0)
    bound_weights_(norm)
    # Their length was 10, and of one unit it is to be 1.
    assert norm.weight.item() == pytest.approx(0.6)
    assert norm.bias.item() == pytest.approx(-0.8)


def test_a_fresh_network_lies_where_it_may():
    network = net()
    before = [parameter.detach().clone() for parameter in network.parameters()]
    bound_weights_(network)
    for own, other in zip(network.parameters(), before, strict=True):
        torch.testing.assert_close(own.detach(), other)
    assert network.last_norm.weight.square().sum().item() == pytest.approx(2 * math.sqrt(4) ** 2)
