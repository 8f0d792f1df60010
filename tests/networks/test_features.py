"""An actor's last layer sees its features, whatever its trunk."""

import pytest
import torch

from rl_agent.networks.batch_norm_actor import BatchNormActor
from rl_agent.networks.bro_net import BroNet
from rl_agent.networks.deterministic import DeterministicActor
from rl_agent.networks.flash_net import FlashNet
from rl_agent.networks.hyperspherical import HypersphericalNet
from rl_agent.networks.single import Single
from rl_agent.networks.squashed_gaussian import GaussianActor, SquashedGaussianActor


def generator():
    return torch.Generator().manual_seed(0)


def layer(net, features):
    return net.layers[-1](features)


ACTORS = {
    "gaussian": (SquashedGaussianActor(3, 2, (8, 8), generator()), layer),
    "deterministic": (DeterministicActor(3, 2, (8, 8), generator(), std=0.1), layer),
    "batch norm": (
        BatchNormActor(3, 2, (8, 8), generator()),
        lambda net, features: net.ensemble.layers[-1](features[None])[0],
    ),
    "bro": (
        GaussianActor(3, 2, Single(BroNet(1, 3, (8, 8), 4, generator()))),
        lambda net, features: net.ensemble.head(features[None])[0],
    ),
    "flash": (
        GaussianActor(3, 2, Single(FlashNet(1, 3, (8, 8), 4, generator()))),
        lambda net, features: (net.ensemble.out(features[None]) + net.ensemble.out_bias)[0],
    ),
    "sphere": (
        GaussianActor(3, 2, Single(HypersphericalNet(1, 3, (8, 8), 4, generator(), shift=3.0))),
        lambda net, features: (
            net.ensemble.out(net.ensemble.head_scaler(net.ensemble.head(features[None])))
            + net.ensemble.out_bias
        )[0],
    ),
}


@pytest.mark.parametrize("name", ACTORS)
def test_the_mean_follows_from_the_features(name):
    actor, last = ACTORS[name]
    actor.normalizer.update(torch.ones(3))
    actor.normalizer.update(torch.zeros(3))
    obs = torch.randn(5, 3, generator=generator())
    with torch.no_grad():
        features = actor.features(obs)
        assert features.shape == (5, 8)
        assert torch.equal(last(actor.trunk, features)[:, :2], actor(obs)[0])
