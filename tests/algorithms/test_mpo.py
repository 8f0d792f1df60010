import numpy as np
import pytest
import torch

from rl_agent.algorithms.mpo_config import MpoConfig


def test_a_target_is_the_mean_over_the_target_actors_actions(make_agent, make_batch):
    agent = make_agent("mpo", normalize_obs=False, num_samples=4)
    batch, seen = make_batch(), []
    agent.target_critic.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    agent.update(batch)
    next_obs, actions = seen[0].reshape(4, 8, 5).split([3, 2], -1)
    assert all(torch.equal(rows, torch.from_numpy(batch.next_obs)) for rows in next_obs)
    assert actions.std(0).min() > 0.01
    start = make_agent("mpo", normalize_obs=False)
    with torch.no_grad():
        next_q = start.target_critic(seen[0]).amin(0).reshape(4, 8).mean(0).numpy()
    expected = batch.reward + batch.discount * next_q
    assert agent.metrics()["target_q_mean"] == pytest.approx(expected.mean(), rel=1e-4, abs=1e-5)


def test_the_actor_goes_where_samples_are_good(make_agent, make_batch, monkeypatch):
    agent = make_agent(
        "mpo", actor_learning_rate=1e-2, actor_average_rate=0.2, kl_mean_bound=0.1, kl_std_bound=0.1
    )
    good = torch.tensor([0.5, -0.3])
    monkeypatch.setattr(agent, "sampled_q", lambda _, a: -10.0 * (a - good).square().sum(-1))
    for index in range(120):
        agent.update(make_batch(index % 4))
    obs = make_batch().obs
    actions = np.stack([agent.act(row, is_deterministic=True) for row in obs])
    assert abs(actions - good.numpy()).max() < 0.15
    assert agent.metrics()["std"] < 0.9


def test_bounds_hold_back_the_actor(make_agent, make_batch, monkeypatch):
    changes = {"actor_learning_rate": 3e-3, "initial_temperature": 0.1}
    free = make_agent("mpo", kl_mean_bound=10.0, **changes)
    bound = make_agent("mpo", kl_mean_bound=1e-3, initial_mean_multiplier=100.0, **changes)
    for agent in (free, bound):
        monkeypatch.setattr(agent, "sampled_q", lambda _, actions: actions.sum(-1))
        for index in range(30):
            agent.update(make_batch(index))
    distances = [agent.metrics()["kl_mean"] for agent in (free, bound)]
    assert distances[1] < 0.2 * distances[0]


def test_weights_stay_near_uniform_as_the_temperature_rises(make_agent, make_batch, monkeypatch):
    agent = make_agent("mpo", kl_bound=0.1, dual_learning_rate=0.1)
    monkeypatch.setattr(agent, "sampled_q", lambda _, actions: 100.0 * actions.sum(-1))
    for index in range(60):
        agent.update(make_batch(index))
    agent.metrics()
    agent.update(make_batch())
    figures = agent.metrics()
    assert figures["temperature"] > 10.0
    assert 0.02 < figures["kl"] < 0.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_samples": 1}, "num_samples"),
        ({"num_qs": 0}, "num_qs"),
        ({"kl_bound": 0.0}, "kl_bound"),
        ({"initial_std_multiplier": -1.0}, "initial_std_multiplier"),
        ({"tau": 0.0}, "tau"),
    ],
)
def test_settings_out_of_range_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        MpoConfig(**changes)
