import pytest
import torch

from rl_agent.algorithms.adam import Adam
from rl_agent.algorithms.linear_decay import LinearDecay


def steps(method, gradients, decay=None, **options):
    """Take steps, each of them an update that a decay counts."""
    parameter = torch.tensor([1.0, -2.0])
    adam = Adam([parameter], 0.1, rate_decay=decay, **options)
    with torch.no_grad():
        for gradient in gradients:
            getattr(adam, method)([torch.tensor(gradient)])
            if decay is not None:
                decay.count.add_(1.0)
    return parameter, adam


def falling(num_updates, end, count=0.0):
    return LinearDecay(torch.tensor(count), num_updates, end)


@pytest.mark.parametrize("method", ["step", "step_in_graph"])
def test_the_first_step_has_the_length_of_the_learning_rate(method):
    parameter, adam = steps(method, [[4.0, -0.5]])
    assert parameter.tolist() == pytest.approx([0.9, -1.9], abs=1e-6)
    assert adam.num_steps.tolist() == [1.0]


@pytest.mark.parametrize("method", ["step", "step_in_graph"])
@pytest.mark.parametrize("beta_1", [0.9, 0.5])
def test_it_equals_torchs_optimiser(method, beta_1):
    gradients = [[4.0, -0.5], [-1.0, 0.3], [0.0, 2.0], [1e-3, -1e-3]]
    parameter, _ = steps(method, gradients, beta_1=beta_1)
    reference = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimiser = torch.optim.Adam([reference], lr=0.1, betas=(beta_1, 0.999))
    for gradient in gradients:
        reference.grad = torch.tensor(gradient)
        optimiser.step()
    torch.testing.assert_close(parameter, reference.detach(), rtol=1e-5, atol=1e-6)


def test_its_tensors_are_its_whole_state():
    gradients = [[4.0, -0.5], [-1.0, 0.3]]
    whole, _ = steps("step", gradients)
    parameter, first = steps("step", gradients[:1])
    second = Adam([parameter], 0.1)
    for name, tensor in second.tensors().items():
        tensor.copy_(first.tensors()[name])
    second.step([torch.tensor(gradients[1])])
    assert torch.equal(parameter, whole)


@pytest.mark.parametrize("method", ["step", "step_in_graph"])
def test_weights_decay_apart_from_the_gradient(method):
    parameter = torch.tensor([1.0, -2.0])
    getattr(Adam([parameter], 0.1, weight_decay=0.5), method)([torch.tensor([4.0, 0.0])])
    # 1 (1 - 0.1 * 0.5) - 0.1, as the first step has the learning rate's length; -2 * 0.95.
    assert parameter.tolist() == pytest.approx([0.85, -1.9], abs=1e-6)


def test_after_a_reset_it_steps_as_if_new():
    _, adam = steps("step", [[4.0, -0.5], [-1.0, 0.3]])
    adam.reset()
    adam.parameters[0].copy_(torch.tensor([1.0, -2.0]))
    adam.step([torch.tensor([3.0, -3.0])])
    assert adam.parameters[0].tolist() == pytest.approx([0.9, -1.9], abs=1e-6)
    assert adam.num_steps.tolist() == [1.0]


@pytest.mark.parametrize("method", ["step", "step_in_graph"])
def test_a_rate_falls_evenly_and_then_stays(method):
    # Of a steady gradient every step has the rate's length: 0.1 times 1, 3/4, 1/2 and 1/2.
    gradients = [[1.0, 1.0]] * 4
    parameter, _ = steps(method, gradients, decay=falling(2, 0.5))
    expected = 0.1 * (1.0 + 0.75 + 0.5 + 0.5)
    assert parameter.tolist() == pytest.approx([1.0 - expected, -2.0 - expected], abs=1e-5)


@pytest.mark.parametrize("method", ["step", "step_in_graph"])
def test_weights_decay_with_the_rate_that_is_left(method):
    gradients = [[0.0, 0.0]] * 2
    parameter, _ = steps(method, gradients, weight_decay=0.5, decay=falling(1, 0.5))
    # (1 - 0.1 * 0.5) (1 - 0.05 * 0.5) = 0.92625.
    assert parameter.tolist() == pytest.approx([0.92625, -1.8525])


@pytest.mark.parametrize("method", ["step", "step_in_graph"])
def test_a_reset_does_not_bring_the_rate_back(method):
    decay = falling(4, 0.0)
    parameter, adam = steps(method, [[1.0, 1.0]] * 3, decay=decay)
    adam.reset()
    before = parameter.clone()
    getattr(adam, method)([torch.tensor([5.0, -5.0])])
    # After three of four updates a quarter of 0.1 is left, the length of a first step.
    assert (parameter - before).tolist() == pytest.approx([-0.025, 0.025], abs=1e-6)
