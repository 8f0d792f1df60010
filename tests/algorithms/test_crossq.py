import re

import numpy as np
import pytest
import torch

from rl_agent.algorithms.compilation import GradientFunction, eager_gradients
from rl_agent.algorithms.crossq_config import CrossQConfig


def clone(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def test_both_halves_of_a_batch_are_normalised_together(make_agent, make_batch):
    agent = make_agent("crossq", normalize_obs=False, renorm_starts=100)
    batch = make_batch()
    agent.update(batch)
    # The first update's moments are the running ones: those of obs and next_obs, then actions.
    both = np.concatenate([batch.obs, batch.next_obs])
    running = agent.critic.norms[0]
    np.testing.assert_allclose(running.running_mean[0, 0, :3], both.mean(0), atol=1e-6)
    np.testing.assert_allclose(running.running_variance[1, 0, :3], both.var(0), rtol=1e-5)
    assert [norm.num_updates.item() for norm in agent.critic.norms] == [1.0, 1.0, 1.0]


def test_target_is_of_the_same_critics_in_the_same_pass(make_agent, make_batch):
    agent = make_agent("crossq", normalize_obs=False, initial_alpha=0.3)
    batch = make_batch()
    agent.inputs.load(batch, agent.update_rng)
    with torch.no_grad():
        next_input, penalty = agent.next_sample()
        q_values, next_q = agent.critic(agent.joint_input(next_input), []).split(8, 1)
        soft = torch.minimum(next_q[0], next_q[1]) - penalty
    target = batch.reward + batch.discount * soft.numpy()
    expected = np.square(q_values.numpy() - target).mean(1).sum()
    again = make_agent("crossq", normalize_obs=False, initial_alpha=0.3)
    again.update(batch)
    figures = again.metrics()
    assert figures["critic_loss"] == pytest.approx(expected, rel=1e-4)
    assert figures["target_q_mean"] == pytest.approx(target.mean(), rel=1e-4)
    assert figures["q_mean"] == pytest.approx(q_values.mean().item(), rel=1e-4, abs=1e-6)


def test_the_target_is_a_constant_to_the_gradient(make_agent, make_batch):
    agent = make_agent("crossq")
    seen = []

    def compute(network, loss):
        gradients = eager_gradients.compute(network, loss)
        seen.append(gradients.gradients)
        return gradients

    agent.inputs.load(make_batch(), agent.update_rng)
    with torch.no_grad():
        next_input, penalty = agent.next_sample()
        joint = agent.joint_input(next_input)
    q_values, next_q = agent.critic(joint, []).chunk(2, 1)
    inputs = agent.inputs
    target = inputs.reward + inputs.discount * (next_q.amin(0) - penalty)
    loss = (q_values - target.detach()).square().mean(1).sum()
    expected = torch.autograd.grad(loss, tuple(agent.critic.parameters()))
    with torch.no_grad():
        agent.update_critic(GradientFunction(compute, eager_gradients.step))
    for own, other in zip(seen[0], expected, strict=True):
        torch.testing.assert_close(own, other)


def test_there_are_no_target_critics(make_agent):
    agent = make_agent("crossq")
    assert agent.target_critic is None
    assert not any(name.startswith("target") for name in agent.get_state().tensors)


def test_both_actors_get_moments_of_their_own(make_agent, make_batch):
    agent = make_agent("crossq", policy_delay=1, actor_learning_rate=0.1)
    for index in range(3):
        agent.update(make_batch(index))
    online, average = (actor.trunk.ensemble.norms[1] for actor in (agent.online_actor, agent.actor))
    assert online.num_updates.item() == average.num_updates.item() == 3.0
    assert not torch.allclose(online.running_mean, average.running_mean)


def test_acting_leaves_running_moments_alone(make_agent, make_batch):
    agent = make_agent("crossq", policy_delay=1)
    agent.update(make_batch())
    before = clone(agent.actor), clone(agent.online_actor), clone(agent.critic)
    obs = np.array([0.3, -1.0, 2.0], np.float32)
    agent.act(obs)
    agent.act(obs, is_deterministic=True)
    agent.value(obs[None], np.zeros((1, 2), np.float32))
    after = clone(agent.actor), clone(agent.online_actor), clone(agent.critic)
    for own, other in zip(before, after, strict=True):
        assert all(torch.equal(own[name], other[name]) for name in own)


def test_smoothness_is_of_what_acts(make_agent, make_batch):
    agent = make_agent("crossq", smoothness_coef=2.0, renorm_starts=100)
    agent.inputs.load(make_batch(), agent.update_rng)
    with torch.no_grad():
        acting, following = (
            torch.tanh(agent.online_actor(obs)[0])
            for obs in (agent.inputs.obs, agent.inputs.next_obs)
        )
        trained, _ = agent.policy(agent.online_actor)
        penalty = agent.smoothness(agent.online_actor, trained)
    expected = 2.0 * (following - acting).square().sum(-1).mean()
    torch.testing.assert_close(penalty, expected)


PAPER = {
    "utd_ratio": 1.0,
    "policy_delay": 3,
    "gamma": None,  # 0.99, or the task's
    "actor_hidden_dims": (256, 256),
    "critic_hidden_dims": (2048, 2048),
    "batch_size": 256,
    "actor_learning_rate": 1e-3,
    "critic_learning_rate": 1e-3,
    "alpha_learning_rate": 1e-3,
    "adam_beta_1": 0.5,
    "normalize_obs": False,
    "num_qs": 2,
    "entropy_per_action": -1.0,
    "initial_alpha": 1.0,
    "renorm_starts": 100_000,
}


def test_where_defaults_are_not_the_papers_they_are_named():
    config = CrossQConfig()
    others = {name for name, value in PAPER.items() if getattr(config, name) != value}
    documented = set(re.findall(r"`(\w+)`", CrossQConfig.__doc__.splitlines()[0]))
    assert others == documented == {"critic_hidden_dims", "normalize_obs"}


@pytest.mark.parametrize(
    "wrong", [{"num_qs": 0}, {"renorm_starts": -1}, {"adam_beta_1": 1.0}, {"initial_alpha": 0.0}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CrossQConfig(**wrong)
