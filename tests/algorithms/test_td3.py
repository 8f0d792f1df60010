import numpy as np
import pytest
import torch

OBS = np.array([0.3, -1.0, 2.0], np.float32)


def test_the_targets_action_is_smoothed_within_its_clip(make_agent, make_batch):
    agent = make_agent("td3", target_noise=10.0, target_noise_clip=0.25, normalize_obs=False)
    seen = []
    agent.target_critic.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    batch = make_batch()
    agent.update(batch)
    next_obs, action = seen[0].split([3, 2], -1)
    assert torch.equal(next_obs, torch.from_numpy(batch.next_obs))
    with torch.no_grad():
        clean = torch.tanh(agent.actor(next_obs)[0])
    change = (action - clean).abs()
    assert change.max().item() == pytest.approx(0.25, abs=1e-5)
    assert action.abs().max().item() <= 1.0


def test_the_critics_learn_from_the_smaller_of_two(make_agent, make_batch):
    agent = make_agent("td3", target_noise=0.0, normalize_obs=False)
    batch = make_batch()
    with torch.no_grad():
        obs = torch.from_numpy(batch.next_obs)
        action = torch.tanh(agent.actor(obs)[0])
        least = agent.target_critic(torch.cat([obs, action], -1)).amin(0)
    expected = batch.reward + batch.discount * least.numpy()
    agent.update(batch)
    assert agent.metrics()["target_q_mean"] == pytest.approx(expected.mean(), rel=1e-5)


def test_the_actor_is_updated_every_other_time_and_its_target_follows(make_agent, make_batch):
    agent = make_agent("td3", actor_learning_rate=0.1)
    first = agent.online_actor.trunk.layers[0].weight
    before, target = first.detach().clone(), agent.actor.trunk.layers[0].weight.detach().clone()
    agent.update(make_batch())
    assert torch.equal(first, before)
    agent.update(make_batch(1))
    assert not torch.equal(first, before)
    moved = target + 0.005 * (first.detach() - target)
    torch.testing.assert_close(agent.actor.trunk.layers[0].weight.detach(), moved)


def first_weights(critic):
    return critic.layers[0].weight.detach().clone()


def test_target_critics_wait_for_the_actor(make_agent, make_batch):
    agent = make_agent("td3", tau=0.25, policy_delay=3)
    start = first_weights(agent.target_critic)
    for index in range(2):
        agent.update(make_batch(index))
        assert torch.equal(first_weights(agent.target_critic), start)
    assert not torch.equal(first_weights(agent.critic), start)
    agent.update(make_batch(2))
    # One step of a quarter of the way in three updates, towards the critics after the third.
    moved = start + 0.25 * (first_weights(agent.critic) - start)
    torch.testing.assert_close(first_weights(agent.target_critic), moved)


def test_without_a_delay_target_critics_move_at_every_update(make_agent, make_batch):
    agent = make_agent("ddpg", tau=0.25)
    for index in range(2):
        before = first_weights(agent.target_critic)
        agent.update(make_batch(index))
        moved = before + 0.25 * (first_weights(agent.critic) - before)
        torch.testing.assert_close(first_weights(agent.target_critic), moved)


def test_exploration_is_gaussian_around_the_action(make_agent):
    agent = make_agent("ddpg", exploration_noise=0.05)
    with torch.no_grad():
        center = torch.tanh(agent.online_actor(torch.from_numpy(OBS[None]))[0])[0].numpy()
    samples = np.stack([agent.act(OBS) for _ in range(2000)])
    np.testing.assert_allclose(samples.mean(0), center, atol=0.005)
    np.testing.assert_allclose(samples.std(0), 0.05, rtol=0.06)


def test_ddpg_has_one_critic_and_no_noise_on_its_target(make_agent):
    agent = make_agent("ddpg")
    assert agent.critic.num_members == 1
    assert agent.config.target_noise == 0.0
    assert agent.config.policy_delay == 1
