import numpy as np
import pytest
import torch
from torch.nn import functional

from rl_agent.algorithms.compilation import missing_for_compiler
from rl_agent.algorithms.sac import Sac
from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.data.batch import Batch

OBS_DIM, ACT_DIM = 3, 2
REDQ = {"num_qs": 4, "num_min_qs": 2}
DROQ = {"use_layer_norm": True, "dropout_rate": 0.1, "actor_q": "mean"}
SAC_N = {"num_qs": 4, "num_min_qs": 4}
RLPD = REDQ | {"use_layer_norm": True, "backup_entropy": False, "policy_delay": 20}


def make_agent(seed=0, **changes):
    values = {
        "batch_size": 8,
        "actor_hidden_dims": (16, 16),
        "critic_hidden_dims": (16, 16),
        "gamma": 0.9,
        "normalize_obs": False,
    }
    return Sac(OBS_DIM, ACT_DIM, SacConfig(**(values | changes)), seed)


def make_batch(seed=0, size=8):
    rng = np.random.default_rng(seed)
    return Batch(
        obs=rng.standard_normal((size, OBS_DIM), dtype=np.float32),
        action=rng.uniform(-1, 1, (size, ACT_DIM)).astype(np.float32),
        reward=rng.standard_normal(size, dtype=np.float32),
        discount=np.where(np.arange(size) % 4, 0.9, 0.0).astype(np.float32),
        next_obs=rng.standard_normal((size, OBS_DIM), dtype=np.float32),
    )


def tensors(agent):
    return {name: tensor.clone() for name, tensor in agent.get_state().tensors.items()}


def perceptron(agent, member, x, network="target_critic"):
    """One member of a critic, written out."""
    state = getattr(agent, network).state_dict()
    for layer in range(3):
        weight, bias = (state[f"layers.{layer}.{part}"][member] for part in ("weight", "bias"))
        x = x @ weight + bias
        x = torch.relu(x) if layer < 2 else x
    return x.squeeze(-1)


def test_critic_loss_and_target_are_soft_actor_critics():
    agent, batch = make_agent(initial_alpha=0.3), make_batch()
    agent.inputs.load(batch, agent.update_rng)
    mean, log_std = agent.actor(torch.from_numpy(batch.next_obs))
    pre_tanh = mean + log_std.exp() * agent.inputs.next_noise
    log_prob = torch.distributions.Normal(mean, log_std.exp()).log_prob(pre_tanh)
    log_prob = (log_prob - torch.log(1 - torch.tanh(pre_tanh).square())).sum(-1)
    x = torch.cat([torch.from_numpy(batch.next_obs), torch.tanh(pre_tanh)], -1)
    next_q = torch.minimum(perceptron(agent, 0, x), perceptron(agent, 1, x))
    target = torch.from_numpy(batch.reward) + torch.from_numpy(batch.discount) * (
        next_q - 0.3 * log_prob
    )
    x = torch.cat([torch.from_numpy(batch.obs), torch.from_numpy(batch.action)], -1)
    loss = sum(functional.mse_loss(perceptron(agent, k, x, "critic"), target) for k in range(2))
    agent.update_rng = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[1])
    agent.update(batch)
    figures = agent.metrics()
    assert figures["critic_loss"] == pytest.approx(loss.item(), rel=1e-4)
    assert figures["target_q_mean"] == pytest.approx(target.mean().item(), rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [1.0, 2.0]),  # plain SAC: the least of each row
        ({"actor_q": "mean"}, [2.0, 3.0]),  # DroQ
        ({"num_min_qs": 1}, [2.0, 3.0]),  # as REDQ, whose target draws some
        ({"num_min_qs": 1, "actor_q": "min"}, [1.0, 2.0]),
    ],
)
def test_the_actor_climbs_the_least_critic_or_the_mean(changes, expected):
    agent = make_agent(**changes)
    agent.critic = lambda *_: torch.tensor([[1.0, 4.0], [3.0, 2.0]])  # 2 critics, 2 rows
    assert agent.policy_value(torch.zeros(2, OBS_DIM + ACT_DIM)).tolist() == expected


def test_without_backup_the_target_knows_no_entropy(monkeypatch):
    agent = make_agent(batch_size=2, backup_entropy=False, initial_alpha=5.0)
    next_q = torch.tensor([[1.0, 4.0], [3.0, 2.0]])  # 2 critics, 2 rows
    monkeypatch.setattr(agent.target_critic, "forward", lambda *_: next_q)
    batch = make_batch(size=2)
    reward, discount = np.array([[1.0, -1.0], [0.9, 0.5]], np.float32)
    agent.update(Batch(batch.obs, batch.action, reward, discount, batch.next_obs))
    # 1 + 0.9 * 1 and -1 + 0.5 * 2, whatever the density of the next actions.
    assert agent.metrics()["target_q_mean"] == pytest.approx((1.9 + 0.0) / 2)


def test_temperature_rises_where_the_entropy_is_below_its_target():
    warm, cold = make_agent(target_entropy=100.0), make_agent(target_entropy=-100.0)
    for agent in (warm, cold):
        agent.update(make_batch())
    # Adam's first step has the length of the learning rate.
    assert (warm.temperature.log_alpha - np.log(0.2)).item() == pytest.approx(3e-4, rel=1e-3)
    assert (cold.temperature.log_alpha - np.log(0.2)).item() == pytest.approx(-3e-4, rel=1e-3)


def test_temperature_can_be_fixed():
    agent = make_agent(learns_alpha=False)
    agent.update(make_batch())
    assert agent.temperature.log_alpha.item() == pytest.approx(np.log(0.2))


def test_policy_delay_updates_the_actor_every_third_time():
    agent = make_agent(policy_delay=3)
    changes = []
    for _ in range(6):
        before = agent.online_actor.trunk.layers[0].weight.detach().clone()
        agent.update(make_batch())
        changes.append(not torch.equal(before, agent.online_actor.trunk.layers[0].weight))
    assert changes == [False, False, True, False, False, True]


@pytest.mark.parametrize(
    ("rate", "num_updates", "expected"),
    [(0.25, 1, 1.0), (0.25, 11, 10 / 20), (0.25, 41, 0.25), (1.0, 41, 1.0)],
)
def test_the_actor_that_is_exported_is_an_average(rate, num_updates, expected):
    agent = make_agent(actor_average_rate=rate, actor_learning_rate=0.1)
    for _ in range(num_updates):
        before = agent.actor.trunk.layers[0].weight.detach().clone()
        agent.update(make_batch())
    online = agent.online_actor.trunk.layers[0].weight.detach()
    torch.testing.assert_close(
        agent.actor.trunk.layers[0].weight.detach(), before + expected * (online - before)
    )


def test_both_actors_see_through_one_normaliser():
    agent = make_agent(normalize_obs=True)
    agent.observe(np.ones(OBS_DIM, np.float32))
    agent.observe(np.full(OBS_DIM, 3.0, np.float32))
    assert agent.actor.normalizer.mean.tolist() == [2.0] * OBS_DIM
    assert agent.online_actor.normalizer is agent.actor.normalizer


@pytest.mark.parametrize("policy_delay", [1, 20])
def test_target_critics_follow_slowly_at_every_update(policy_delay):
    agent = make_agent(tau=0.25, policy_delay=policy_delay)
    for index in range(3):
        before = tensors(agent)
        agent.update(make_batch(index))
        after = tensors(agent)
        name = "layers.0.weight"
        expected = before[f"target_critic.{name}"].lerp(after[f"critic.{name}"], 0.25)
        torch.testing.assert_close(after[f"target_critic.{name}"], expected)


@pytest.mark.parametrize("changes", [{}, REDQ, DROQ, SAC_N, RLPD, {"smoothness_coef": 1.0}])
def test_save_and_load_goes_on_bit_by_bit(changes):
    first = make_agent(**changes)
    for index in range(3):
        first.update(make_batch(index))
    state = first.get_state()
    copied = type(state)(tensors(first), state.values)
    second = make_agent(seed=9, **changes)
    second.set_state(copied)
    obs = np.ones(OBS_DIM, np.float32)
    assert np.array_equal(
        first.act(obs, is_deterministic=True), second.act(obs, is_deterministic=True)
    )
    assert np.array_equal(first.act(obs), second.act(obs))
    for index in range(3):
        first.update(make_batch(index))
        second.update(make_batch(index))
    own, other = tensors(first), tensors(second)
    assert all(torch.equal(own[name], other[name]) for name in own)


def test_a_state_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="expected"):
        make_agent().set_state(make_agent(critic_hidden_dims=(8, 16)).get_state())
    with pytest.raises(ValueError, match="does not fit"):
        make_agent().set_state(make_agent(use_layer_norm=True).get_state())


def test_actions_are_bounded_and_sampled_unless_deterministic():
    agent, obs = make_agent(), np.ones(OBS_DIM, np.float32)
    samples = np.stack([agent.act(obs) for _ in range(50)])
    assert np.abs(samples).max() <= 1.0
    assert samples.std(0).min() > 0.1
    first = agent.act(obs, is_deterministic=True)
    assert np.array_equal(first, agent.act(obs, is_deterministic=True))
    mean, _ = agent.actor(torch.from_numpy(obs[None]))
    np.testing.assert_allclose(first, np.tanh(mean.detach().numpy()[0]), rtol=1e-6)


def test_an_action_handed_out_does_not_change_later():
    agent = make_agent()
    first = agent.act(np.ones(OBS_DIM, np.float32))
    kept = first.copy()
    agent.act(-np.ones(OBS_DIM, np.float32))
    assert np.array_equal(first, kept)


def test_metrics_are_averages_since_the_last_call():
    agent = make_agent()
    assert agent.metrics() == {}
    agent.update(make_batch())
    assert agent.metrics()["alpha"] == pytest.approx(0.2, rel=1e-3)
    assert agent.metrics() == {}


def test_sac_n_believes_the_least_of_all_its_critics(monkeypatch):
    agent = make_agent(**SAC_N, batch_size=2, backup_entropy=False)
    next_q = torch.tensor([[1.0, 4.0], [3.0, 2.0], [5.0, 6.0], [0.0, 7.0]])
    monkeypatch.setattr(agent.target_critic, "forward", lambda *_: next_q)
    batch = make_batch(size=2)
    ones, zeros = np.ones(2, np.float32), np.zeros(2, np.float32)
    agent.update(Batch(batch.obs, batch.action, zeros, ones, batch.next_obs))
    assert agent.metrics()["target_q_mean"] == pytest.approx((0.0 + 2.0) / 2)
    agent.critic = lambda *_: next_q
    assert agent.policy_value(torch.zeros(2, OBS_DIM + ACT_DIM)).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("changes", [{}, REDQ, DROQ, SAC_N, RLPD])
def test_updates_fit_the_critic_to_rewards_without_a_future(changes):
    agent = make_agent(critic_learning_rate=1e-2, **{**changes, "dropout_rate": 0.0})
    batch = make_batch()
    batch = Batch(batch.obs, batch.action, batch.reward, np.zeros(8, np.float32), batch.next_obs)
    for _ in range(300):
        agent.update(batch)
    x = torch.cat([torch.from_numpy(batch.obs), torch.from_numpy(batch.action)], -1)
    error = agent.critic(x) - torch.from_numpy(batch.reward)
    assert error.abs().max().item() < 0.05


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute by itself, but a compiler beside other load is slow
@pytest.mark.skipif(missing_for_compiler() != "", reason="torch.compile lacks a compiler")
@pytest.mark.filterwarnings("ignore")  # of torch's compiler, about itself
def test_the_compiled_update_equals_the_eager_one():
    changes = {**REDQ, **DROQ, "normalize_obs": True, "smoothness_coef": 0.5}
    eager, compiled = make_agent(**changes), make_agent(**changes)
    for agent in (eager, compiled):
        agent.observe(np.ones(OBS_DIM, np.float32))
        agent.observe(np.zeros(OBS_DIM, np.float32))
    before = tensors(compiled)
    compiled.compile()
    after = tensors(compiled)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert compiled.is_compiled
    for index in range(5):
        eager.update(make_batch(index))
        compiled.update(make_batch(index))
    own, other = tensors(eager), tensors(compiled)
    for name in own:
        torch.testing.assert_close(other[name], own[name], rtol=1e-3, atol=1e-5)
