import math

import pytest
import torch

from rl_agent.networks.categorical import CategoricalSupport, cross_entropy, least_of


@pytest.fixture
def support():
    return CategoricalSupport(-1.0, 1.0, 5)  # -1, -0.5, 0, 0.5, 1


def project(support, values, probabilities):
    return support.project(torch.tensor([values]), torch.tensor([probabilities]))[0].tolist()


def test_a_value_between_atoms_is_shared_by_its_neighbours(support):
    # 0.4 lies four fifths of the way from 0 to 0.5.
    assert project(support, [0.4], [1.0]) == pytest.approx([0.0, 0.0, 0.2, 0.8, 0.0])


@pytest.mark.parametrize(("index", "value"), list(enumerate([-1.0, -0.5, 0.0, 0.5, 1.0])))
def test_a_value_on_an_atom_is_all_its_own(support, index, value):
    expected = [float(atom == index) for atom in range(5)]
    assert project(support, [value], [1.0]) == pytest.approx(expected)


def test_values_outside_go_to_the_outermost_atoms(support):
    projected = project(support, [-7.0, 1.01, 99.0], [0.5, 0.25, 0.25])
    assert projected == pytest.approx([0.5, 0.0, 0.0, 0.0, 0.5])


def test_shares_of_several_values_add_up(support):
    # 0.5 * (half at -0.5, half at 0) and 0.5 * (four fifths at 0, a fifth at 0.5).
    projected = project(support, [-0.25, 0.1], [0.5, 0.5])
    assert projected == pytest.approx([0.0, 0.25, 0.65, 0.1, 0.0])


def test_a_projected_bellman_target_keeps_sum_and_mean():
    support = CategoricalSupport(-5.0, 5.0, 101)
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.softmax(torch.randn(16, 101, generator=generator), -1)
    values = 0.3 + 0.9 * support.atoms.expand(16, -1)
    projected = support.project(values, probabilities)
    torch.testing.assert_close(projected.sum(-1), torch.ones(16))
    inside = (probabilities * values.clamp(-5.0, 5.0)).sum(-1)
    torch.testing.assert_close(support.mean(projected), inside, rtol=1e-4, atol=1e-5)


def test_two_hot_is_certainty_of_a_value(support):
    hot = support.two_hot(torch.tensor([0.4, -2.0]))
    assert hot[0].tolist() == pytest.approx([0.0, 0.0, 0.2, 0.8, 0.0])
    assert hot[1].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_value_is_the_mean_under_softmax(support):
    logits = torch.tensor([[[0.0, 0.0, 0.0, 0.0, math.log(4.0)]]])
    # Probabilities 1/8, and 1/2 at 1: (-1 - 0.5 + 0 + 0.5) / 8 + 1 / 2.
    assert support.value(logits).item() == pytest.approx(0.375)


def test_cross_entropy_by_hand():
    logits = torch.tensor([[[0.0, 0.0]], [[math.log(3.0), 0.0]]])  # 2 members, 1 row, 2 atoms
    target = torch.tensor([[0.25, 0.75]])
    # Member 1: log 2; member 2: -(log 3/4) / 4 - 3 (log 1/4) / 4.
    expected = math.log(2.0) - 0.25 * math.log(0.75) - 0.75 * math.log(0.25)
    assert cross_entropy(logits, target).item() == pytest.approx(expected)


def test_the_gradient_of_cross_entropy_is_what_the_softmax_lacks():
    logits = torch.tensor([[[0.0, 0.0]]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([[0.1, 0.9]]))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient.ravel().tolist() == pytest.approx([0.4, -0.4])


def test_the_least_member_is_chosen_row_by_row():
    probabilities = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.3, 0.7]]])
    values = torch.tensor([[-1.0, 1.0], [0.0, 0.4]])
    least = least_of(probabilities, values)
    assert torch.equal(least, torch.tensor([[1.0, 0.0], [0.3, 0.7]]))


@pytest.mark.parametrize("wrong", [(1.0, 1.0, 5), (2.0, -2.0, 5), (-1.0, 1.0, 1)])
def test_a_support_without_two_atoms_is_refused(wrong):
    with pytest.raises(ValueError, match="2 atoms"):
        CategoricalSupport(*wrong)
