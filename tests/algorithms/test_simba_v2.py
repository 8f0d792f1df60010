import numpy as np
import pytest
import torch

from rl_agent.algorithms.simba_v2_config import SimbaV2Config
from rl_agent.networks.hyperspherical import HyperLinear


def test_weights_stay_on_the_sphere(make_agent, make_batch):
    agent = make_agent("simba_v2", actor_learning_rate=0.1, critic_learning_rate=0.1)
    start = agent.critic.out.weight.detach().clone()
    for index in range(3):
        agent.update(make_batch(index))
    assert (agent.critic.out.weight - start).abs().max() > 0.05
    for network in (agent.online_actor, agent.critic):
        for layer in network.modules():
            if isinstance(layer, HyperLinear):
                length = layer.weight.detach().norm(dim=1)
                torch.testing.assert_close(length, torch.ones_like(length))


def test_critics_learn_scaled_rewards_and_tell_the_tasks(make_agent, make_batch):
    agent = make_agent("simba_v2")
    for _ in range(2):
        agent.observe_reward(20.0, is_last=True)
    # Sums of 20, the limit 5: rewards are divided by 4.
    assert agent.reward_scale.scale.item() == pytest.approx(4.0)
    batch = make_batch()
    with torch.no_grad():
        x = agent.critic_input(torch.from_numpy(batch.obs), torch.from_numpy(batch.action))
        scaled = agent.support.value(agent.critic(x)).mean(0)
    value = agent.value(batch.obs, batch.action)
    np.testing.assert_allclose(value, 4.0 * scaled.numpy(), rtol=1e-5)
    batch.discount[:] = 0.0
    agent.update(batch)
    assert agent.metrics()["target_q_mean"] == pytest.approx(batch.reward.mean(), abs=1e-5)


def test_a_targets_atoms_are_the_next_ones_without_entropy(make_agent, make_batch):
    agent = make_agent("simba_v2", num_qs=1, initial_alpha=0.1, normalize_obs=False)
    batch = make_batch()
    agent.inputs.load(batch, np.random.default_rng(0))
    noise = agent.inputs.next_noise.clone()
    with torch.no_grad():
        next_input, penalty = agent.next_sample()
        next_q = agent.support.value(agent.target_critic(next_input))[0]
    agent.update_rng = np.random.default_rng(0)
    agent.update(batch)
    assert torch.equal(agent.inputs.next_noise, noise)
    expected = batch.reward + batch.discount * (next_q - penalty).numpy()
    assert agent.metrics()["target_q_mean"] == pytest.approx(expected.mean(), rel=1e-4)


def test_the_scale_is_saved_with_the_agent(make_agent):
    first, second = make_agent("simba_v2"), make_agent("simba_v2")
    # The scale is 1 until there are two rewards.
    first.observe_reward(20.0, is_last=False)
    second.set_state(first.get_state())
    for agent in (first, second):
        agent.observe_reward(1.0, is_last=True)
    # Sums 20 and 0.9 * 20 + 1; the largest within 5.
    assert first.reward_scale.scale.item() == pytest.approx(4.0)
    own, other = (dict(agent.reward_scale.named_tensors()) for agent in (first, second))
    assert all(torch.equal(own[name], other[name]) for name in own)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"critic_hidden_dims": (8, 16)}, "critic_hidden_dims: expected blocks of one width"),
        ({"num_bins": 1}, "num_bins"),
        ({"return_limit": 0.0}, "return_limit"),
        ({"shift": 0.0}, "shift"),
        ({"num_qs": 0}, "num_qs"),
    ],
)
def test_settings_out_of_range_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        SimbaV2Config(**changes)
