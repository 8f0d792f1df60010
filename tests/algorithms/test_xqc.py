from dataclasses import replace

import numpy as np
import pytest
import torch

from rl_agent.algorithms.registry import make_agent as make
from rl_agent.algorithms.xqc_config import XqcConfig


def lengths(network):
    hidden = network.layers[:-1]
    return torch.cat([layer.weight.square().sum(1).sqrt().ravel() for layer in hidden])


def scaled(agent, scale):
    agent.reward_scale.scale.fill_(scale)
    return agent


def test_hidden_units_keep_weights_of_length_one(make_agent, make_batch):
    agent = make_agent("xqc", policy_delay=1, actor_learning_rate=0.1, critic_learning_rate=0.1)
    for index in range(3):
        for network in (agent.critic, agent.online_actor.trunk.ensemble):
            torch.testing.assert_close(lengths(network), torch.ones_like(lengths(network)))
        agent.update(make_batch(index))
    last = agent.critic.layers[-1].weight.square().sum(1).sqrt()
    assert not torch.allclose(last, torch.ones_like(last), atol=1e-2)


def test_the_target_is_the_least_slow_critics_distribution_moved(make_agent, make_batch):
    agent = scaled(make_agent("xqc", normalize_obs=False), 4.0)
    batch = make_batch()
    agent.inputs.load(batch, agent.update_rng)
    with torch.no_grad():
        next_input, penalty = agent.next_sample()
        joint = agent.joint_input(next_input)
        next_logits = agent.target_critic(joint, [])[:, 8:]
        values, probabilities = agent.target_distribution(next_logits, penalty)
        members = torch.softmax(next_logits, -1)
    atoms = np.linspace(-5.0, 5.0, 101)
    least = (members.numpy() * atoms).sum(-1).argmin(0)
    for row in range(8):
        np.testing.assert_array_equal(probabilities[row], members[least[row], row])
        moved = batch.reward[row] / 4.0 + batch.discount[row] * (atoms - penalty[row].item())
        np.testing.assert_allclose(values[row], moved, rtol=1e-4, atol=1e-5)


def test_the_loss_is_cross_entropy_with_the_projected_target(make_agent, make_batch):
    agent, again = (make_agent("xqc", normalize_obs=False) for _ in range(2))
    batch = make_batch()
    agent.inputs.load(batch, agent.update_rng)
    with torch.no_grad():
        next_input, penalty = agent.next_sample()
        joint = agent.joint_input(next_input)
        next_logits = agent.target_critic(joint, [])[:, 8:]
        target = agent.support.project(*agent.target_distribution(next_logits, penalty))
        log_p = torch.log_softmax(agent.critic(joint, [])[:, :8], -1)
    expected = -(target * log_p).sum(-1).mean(1).sum()
    again.update(batch)
    assert again.metrics()["critic_loss"] == pytest.approx(expected.item(), rel=1e-5)


def test_what_is_told_outside_is_in_the_tasks_units(make_agent, make_batch):
    batch = make_batch()
    one, ten = (scaled(make_agent("xqc"), scale) for scale in (1.0, 10.0))
    obs, action = batch.obs, batch.action
    np.testing.assert_allclose(ten.value(obs, action), 10.0 * one.value(obs, action), rtol=1e-5)
    critic_input = one.critic_input(torch.from_numpy(obs), torch.from_numpy(action))
    assert torch.equal(one.policy_value(critic_input), ten.policy_value(critic_input))


def test_a_reward_in_other_units_teaches_the_same(make_agent, make_batch):
    batch = make_batch()
    loud = replace(batch, reward=8.0 * batch.reward)
    one, eight = scaled(make_agent("xqc"), 1.0), scaled(make_agent("xqc"), 8.0)
    one.update(batch)
    eight.update(loud)
    for own, other in zip(one.critic.parameters(), eight.critic.parameters(), strict=True):
        assert torch.equal(own, other)
    assert eight.metrics()["q_mean"] == pytest.approx(8.0 * one.metrics()["q_mean"], rel=1e-5)


def test_rewards_set_the_scale_and_are_part_of_the_state(make_agent):
    agent, other = make_agent("xqc"), make_agent("xqc")
    for reward in (1.0, -3.0, 2.0):
        agent.observe_reward(reward, is_last=False)
    assert agent.reward_scale.scale.item() != 1.0
    other.set_state(agent.get_state())
    assert other.reward_scale.scale.item() == agent.reward_scale.scale.item()


def test_the_default_target_entropy_is_half_a_nat_per_joint():
    config = XqcConfig(actor_hidden_dims=(4,), critic_hidden_dims=(4,))
    assert make("xqc", 3, 6, config, 0).temperature.target_entropy == -3.0


@pytest.mark.parametrize("wrong", [{"num_qs": 0}, {"num_atoms": 1}, {"value_limit": 0.0}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        XqcConfig(**wrong)
