import math

import pytest
import torch

from rl_agent.networks.batch_norm import EPSILON, BatchNorm, follow_, packed
from rl_agent.networks.batch_norm_actor import BatchNormActor
from rl_agent.networks.batch_norm_mlp import BatchNormMlp


def generator():
    return torch.Generator().manual_seed(0)


def random(*shape):
    return torch.randn(*shape, generator=generator())


def test_training_normalises_by_the_batchs_moments():
    norm, moments = BatchNorm((1, 1)), []
    # Mean 3, variance 4.
    normal = norm(torch.tensor([[1.0], [5.0]]), moments)
    size = 2.0 / math.sqrt(4.0 + EPSILON)
    assert normal.ravel().tolist() == pytest.approx([-size, size])
    assert [moment.item() for moment in moments] == [3.0, 4.0]


def test_a_forward_pass_writes_nothing():
    norm = BatchNorm((1, 4))
    before = {name: tensor.clone() for name, tensor in norm.state_dict().items()}
    norm(random(8, 4), [])
    assert all(torch.equal(before[name], tensor) for name, tensor in norm.state_dict().items())


def test_it_equals_torchs_batch_norm():
    x = 2.0 * random(16, 4) + 1.0
    norm, reference = BatchNorm((1, 4)), torch.nn.BatchNorm1d(4, eps=EPSILON)
    with torch.no_grad():
        for one in (norm, reference):
            one.weight.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
            one.bias.copy_(torch.tensor([0.0, 1.0, 0.0, -1.0]))
    torch.testing.assert_close(norm(x, []), reference(x))


def test_running_moments_are_an_average_at_first_and_then_follow():
    norm = BatchNorm((1, 1))
    for mean in (2.0, 4.0):
        norm.follow(torch.tensor([[mean]]), torch.tensor([[9.0]]))
    assert norm.running_mean.item() == pytest.approx(3.0)
    assert norm.running_variance.item() == pytest.approx(9.0)
    norm.num_updates.fill_(1000.0)
    norm.follow(torch.tensor([[13.0]]), torch.tensor([[9.0]]))
    # 3 + 0.01 (13 - 3).
    assert norm.running_mean.item() == pytest.approx(3.1)


def test_acting_normalises_by_running_moments_whatever_the_batch():
    norm = BatchNorm((1, 1))
    norm.follow(torch.tensor([[1.0]]), torch.tensor([[4.0 - EPSILON]]))
    assert norm(torch.tensor([[5.0]])).item() == pytest.approx(2.0)
    assert norm(torch.tensor([[5.0], [1.0]])).ravel().tolist() == pytest.approx([2.0, 0.0])


def test_renormalised_training_equals_acting_within_its_bounds():
    norm = BatchNorm((1, 1), renorm_starts=1)
    norm.follow(torch.tensor([[2.0]]), torch.tensor([[3.0]]))
    x = torch.tensor([[1.0], [5.0]])
    torch.testing.assert_close(norm(x, []), norm(x))


def test_renormalisation_corrects_no_further_than_its_bounds():
    norm = BatchNorm((1, 1), renorm_starts=1)
    norm.follow(torch.tensor([[0.0]]), torch.tensor([[1.0 - EPSILON]]))
    # Mean 10, standard deviation 4: the scale is 3 in place of 4, the shift 5 in place of 10.
    x = torch.tensor([[6.0], [14.0]])
    size = 3.0 * 4.0 / math.sqrt(16.0 + EPSILON)
    assert norm(x, []).ravel().tolist() == pytest.approx([5.0 - size, 5.0 + size])


def test_renormalisation_waits_for_its_start():
    early, never = BatchNorm((1, 1), renorm_starts=2), BatchNorm((1, 1))
    x = torch.tensor([[6.0], [14.0]])
    early.follow(torch.tensor([[0.0]]), torch.tensor([[1.0]]))
    assert torch.equal(early(x, []), never(x, []))
    early.follow(torch.tensor([[0.0]]), torch.tensor([[1.0]]))
    assert not torch.allclose(early(x, []), never(x, []))


def test_gradients_do_not_pass_through_the_correction():
    norm = BatchNorm((1, 1), renorm_starts=0, has_affine=False)
    x = torch.tensor([[1.0], [2.0], [6.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(norm(x, [])[0].sum(), x)
    # Shifting a whole batch changes nothing that was normalised by its own mean.
    assert gradient.sum().item() == pytest.approx(0.0, abs=1e-6)
    assert gradient.abs().max() > 0.1


@pytest.mark.parametrize("is_norm_first", [False, True])
def test_an_ensemble_is_its_members_side_by_side(is_norm_first):
    net = BatchNormMlp(3, 5, [8, 6], generator(), is_norm_first=is_norm_first)
    x = random(7, 5)
    values = net(x, [])
    assert values.shape == (3, 7)
    for member in range(3):
        h = torch.nn.functional.batch_norm(x, None, None, training=True, eps=EPSILON)
        for layer in net.layers[:-1]:
            h = h @ layer.weight[member] + (0.0 if is_norm_first else layer.bias[member])
            h = h if is_norm_first else h.relu()
            h = torch.nn.functional.batch_norm(h, None, None, training=True, eps=EPSILON)
            h = h.relu() if is_norm_first else h
        last = net.layers[-1]
        expected = (h @ last.weight[member] + last.bias[member]).squeeze(-1)
        torch.testing.assert_close(values[member], expected, rtol=1e-4, atol=1e-5)


def test_packed_moments_reach_the_layers_that_they_come_from():
    net, moments = BatchNormMlp(2, 3, [4, 5], generator()), []
    x = random(64, 3)
    trained = net(x, moments)
    follow_(net, packed(moments))
    assert [norm.num_updates.item() for norm in net.norms] == [1.0, 1.0, 1.0]
    # The first moments are the running ones: acting on the same batch gives the same.
    torch.testing.assert_close(net(x), trained)


def test_weights_of_hidden_units_are_brought_to_length_one_and_the_output_stays():
    net = BatchNormMlp(2, 3, [4, 5], generator(), is_norm_first=True)
    last, x = net.layers[-1].weight.clone(), random(64, 3)
    before = net(x, [])
    net.normalize_weights()
    for layer in net.layers[:-1]:
        lengths = layer.weight.square().sum(1)
        torch.testing.assert_close(lengths, torch.ones_like(lengths))
    assert torch.equal(net.layers[-1].weight, last)
    # Up to EPSILON, which small variances feel.
    torch.testing.assert_close(net(x, []), before, rtol=0.05, atol=0.02)


def test_an_actor_takes_raw_observations_and_bounds_its_spread():
    actor = BatchNormActor(3, 2, [8], generator())
    actor.normalizer.update(torch.tensor([1.0, 2.0, 3.0]))
    mean, log_std = actor(1e3 * random(5, 3))
    assert mean.shape == log_std.shape == (5, 2)
    assert log_std.abs().max() <= 5.0
    alone, _ = actor(1e3 * random(5, 3)[:1])
    torch.testing.assert_close(alone, mean[:1])


@pytest.mark.parametrize("is_norm_first", [False, True])
@pytest.mark.parametrize("out_dim", [1, 4])
def test_norms_go_into_the_linear_layers(is_norm_first, out_dim):
    net = BatchNormMlp(
        2, 3, [8, 6], generator(), out_dim=out_dim, is_norm_first=is_norm_first
    ).double()
    with torch.no_grad():
        for norm in net.norms:
            norm.running_mean.copy_(random(*norm.running_mean.shape))
            norm.running_variance.copy_(random(*norm.running_mean.shape).square() + 0.01)
            if norm.has_affine:
                norm.weight.copy_(random(*norm.weight.shape))
                norm.bias.copy_(random(*norm.bias.shape))
    x = random(16, 3).double()
    plain = net.folded()
    assert not any(isinstance(module, BatchNorm) for module in plain.modules())
    found = plain.double()(x)
    assert found.shape == ((2, 16) if out_dim == 1 else (2, 16, out_dim))
    # The folded weights are float32.
    torch.testing.assert_close(found, net(x), rtol=1e-5, atol=1e-5)


def test_an_actor_without_norms_answers_the_same():
    actor = BatchNormActor(3, 2, [8, 6], generator())
    moments = []
    actor(random(64, 3), moments)
    follow_(actor, packed(moments))
    obs = random(16, 3)
    before = actor(obs)
    actor.fold_()
    torch.testing.assert_close(actor(obs), before)
