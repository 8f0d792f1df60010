import pytest
import torch

from rl_agent.networks.batch_norm_mlp import BatchNormMlp
from rl_agent.networks.bro_net import BroNet
from rl_agent.networks.dormancy import DORMANT, ReluRecorder, dormant_share, unit_scores
from rl_agent.networks.ensemble import EnsembleMlp
from rl_agent.networks.hyperspherical import HypersphericalNet
from rl_agent.networks.mlp import Mlp


def generator():
    return torch.Generator().manual_seed(0)


def test_scores_are_relative_to_the_layer():
    # Means over the batch: 2, 0, 4; of the layer: 2.
    activation = torch.tensor([[1.0, 0.0, 8.0], [3.0, 0.0, 0.0]])
    assert unit_scores(activation).tolist() == [1.0, 0.0, 2.0]


def test_a_silent_layer_is_dead_and_not_a_nan():
    assert dormant_share([torch.zeros(4, 5)], 0.0) == 1.0


def test_faint_units_are_dormant_but_not_dead():
    # Scores 0.02 / 1.005, 1.99.., so one of two is dormant.
    activation = torch.tensor([[0.02, 1.99]])
    assert dormant_share([activation], DORMANT) == 0.5
    assert dormant_share([activation], 0.0) == 0.0


def test_each_member_has_a_layer_of_its_own():
    # The second member is a thousand times fainter, and as alive as the first.
    activation = torch.stack([torch.ones(3, 4), 1e-3 * torch.ones(3, 4)])
    assert dormant_share([activation], DORMANT) == 0.0


@pytest.mark.parametrize(
    ("network", "num_layers", "shape"),
    [
        (Mlp(3, (8, 6), 2, generator()), 2, (5, 8)),
        (EnsembleMlp(2, 3, (8, 6), generator()), 2, (2, 5, 8)),
        (BatchNormMlp(2, 3, (8, 6), generator()), 2, (2, 5, 8)),
        (BatchNormMlp(2, 3, (8, 6), generator(), is_norm_first=True), 2, (2, 5, 8)),
        # Residual streams are no ReLUs; what is inside the blocks is.
        (BroNet(2, 3, (8, 8), 1, generator()), 3, (2, 5, 8)),
        (HypersphericalNet(2, 3, (8, 8), 1, generator(), shift=3.0), 2, (2, 5, 32)),
    ],
)
def test_every_network_is_looked_into(network, num_layers, shape):
    with torch.no_grad(), ReluRecorder() as recorder:
        network(torch.randn(5, 3, generator=generator()))
    assert len(recorder.activations) == num_layers
    assert recorder.activations[0].shape == shape


def test_a_unit_that_was_killed_is_counted():
    network = Mlp(3, (10,), 1, generator())
    with torch.no_grad():
        network.layers[0].weight[:3] = 0.0
        network.layers[0].bias[:3] = -1.0
        network.layers[0].bias[3:] = 9.0
        with ReluRecorder() as recorder:
            network(torch.randn(50, 3, generator=generator()))
    assert dormant_share(recorder.activations, 0.0) == pytest.approx(0.3)
