import math

import numpy as np
import pytest
import torch

from rl_agent.algorithms.flash_sac_config import FlashSacConfig
from rl_agent.algorithms.registry import make_agent as make
from rl_agent.networks.batch_norm import BatchNorm
from rl_agent.networks.hyperspherical import HyperLinear


def norms(network):
    return [module for module in network.modules() if isinstance(module, BatchNorm)]


def test_weights_and_norms_keep_their_lengths(make_agent, make_batch):
    rates = {"actor_learning_rate": 0.1, "critic_learning_rate": 0.1}
    agent = make_agent("flash_sac", policy_delay=1, **rates)
    start = agent.critic.out.weight.detach().clone()
    for index in range(3):
        agent.update(make_batch(index))
    assert (agent.critic.out.weight - start).abs().max() > 0.05
    for network in (agent.online_actor, agent.critic):
        for layer in network.modules():
            if isinstance(layer, HyperLinear):
                length = layer.weight.detach().norm(dim=1)
                torch.testing.assert_close(length, torch.ones_like(length))
        for norm in norms(network):
            square = norm.weight.detach().square() + norm.bias.detach().square()
            torch.testing.assert_close(square.mean(-1), torch.ones_like(square.mean(-1)))


def test_the_actor_is_normalised_over_observations_and_next_ones(make_agent, make_batch):
    agent = make_agent("flash_sac", policy_delay=1, normalize_obs=False)
    batch = make_batch()
    agent.update(batch)
    both = np.concatenate([batch.obs, batch.next_obs])
    for actor in (agent.online_actor, agent.actor):
        mean = norms(actor)[0].running_mean.ravel().numpy()
        np.testing.assert_allclose(mean, both.mean(0), rtol=1e-5, atol=1e-6)
    with torch.no_grad():
        mean, _ = agent.policy(agent.online_actor)
        expected, _ = agent.online_actor(torch.from_numpy(both), [])
    assert mean.shape == (8, 2)
    assert torch.equal(mean, expected[:8])


def test_critics_are_normalised_over_steps_and_next_ones(make_agent, make_batch):
    agent = make_agent("flash_sac", normalize_obs=False)
    batch = make_batch()
    agent.update(batch)
    mean = norms(agent.critic)[0].running_mean[0, 0, :3].numpy()
    both = np.concatenate([batch.obs, batch.next_obs])
    np.testing.assert_allclose(mean, both.mean(0), rtol=1e-5, atol=1e-6)


def test_it_aims_at_the_entropy_of_a_deviation_of_015():
    config = FlashSacConfig(actor_hidden_dims=(4,), critic_hidden_dims=(4,))
    target = make("flash_sac", 3, 6, config, 0).temperature.target_entropy
    gaussian = 0.5 * math.log(2.0 * math.pi * math.e * 0.15**2)  # -0.4782
    assert target == pytest.approx(6 * gaussian, rel=0.01)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actor_hidden_dims": (8, 16)}, "actor_hidden_dims: expected blocks of one width"),
        ({"critic_hidden_dims": (8, 16)}, "critic_hidden_dims: expected blocks of one width"),
        ({"num_atoms": 1}, "num_atoms"),
    ],
)
def test_settings_out_of_range_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        FlashSacConfig(**changes)
