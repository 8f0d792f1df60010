"""What every algorithm promises, whatever it is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rl_agent.algorithms.compilation import missing_for_compiler
from rl_agent.algorithms.max_ent_config import MaxEntConfig
from rl_agent.algorithms.registry import ALGORITHMS

OBS = np.array([0.3, -1.0, 2.0], np.float32)
MAX_ENT = [name for name, one in ALGORITHMS.items() if issubclass(one.config_class, MaxEntConfig)]
every_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


def tensors(agent):
    return {name: tensor.clone() for name, tensor in agent.get_state().tensors.items()}


def trained(make_agent, make_batch, name, updates=3, **changes):
    agent = make_agent(name, **changes)
    for index in range(updates):
        agent.observe(OBS + index)
        agent.update(make_batch(index))
    return agent


@every_algorithm
def test_the_same_seed_gives_the_same_agent(make_agent, make_batch, name):
    first, second = (trained(make_agent, make_batch, name) for _ in range(2))
    own, other = tensors(first), tensors(second)
    assert all(torch.equal(own[key], other[key]) for key in own)
    assert np.array_equal(first.act(OBS), second.act(OBS))


@every_algorithm
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"smoothness_coef": 1.0, "normalize_obs": False},
        {"learning_rate_end": 0.1, "decay_updates": 5},
    ],
)
def test_a_saved_agent_goes_on_bit_by_bit(make_agent, make_batch, name, changes):
    first = trained(make_agent, make_batch, name, **changes)
    state = first.get_state()
    second = make_agent(name, seed=9, **changes)
    second.set_state(type(state)(tensors(first), state.values))
    assert np.array_equal(
        first.act(OBS, is_deterministic=True), second.act(OBS, is_deterministic=True)
    )
    assert np.array_equal(first.act(OBS), second.act(OBS))
    for index in range(3):
        first.update(make_batch(index))
        second.update(make_batch(index))
    own, other = tensors(first), tensors(second)
    assert all(torch.equal(own[key], other[key]) for key in own)


@every_algorithm
def test_actions_are_bounded_and_vary_unless_deterministic(make_agent, name):
    agent = make_agent(name)
    samples = np.stack([agent.act(OBS) for _ in range(50)])
    assert samples.dtype == np.float32
    assert samples.shape == (50, 2)
    assert np.abs(samples).max() <= 1.0
    assert samples.std(0).min() > 0.01
    first = agent.act(OBS, is_deterministic=True)
    assert np.array_equal(first, agent.act(OBS, is_deterministic=True))
    with torch.no_grad():
        mean, log_std = agent.actor(torch.from_numpy(OBS[None]))
    np.testing.assert_allclose(first, np.tanh(mean.numpy()[0]), rtol=1e-6)
    assert log_std.shape == mean.shape


@every_algorithm
def test_metrics_are_finite_and_told_once(make_agent, make_batch, name):
    agent = trained(make_agent, make_batch, name, updates=6)
    figures = agent.metrics()
    assert {"critic_loss", "actor_loss", "q_mean"} <= figures.keys()
    assert all(np.isfinite(value) for value in figures.values())
    assert agent.metrics() == {}


FIGURES = {
    f"{network}_{figure}"
    for network in ("actor", "critic")
    for figure in ("dormant_units", "dead_units", "weight_norm", "gradient_norm")
}
SPREAD = {"q_spread", "q_spread_relative"}


@every_algorithm
def test_health_tells_of_both_networks(make_agent, make_batch, name):
    figures = trained(make_agent, make_batch, name, updates=6).health()
    assert figures.keys() == FIGURES | (set() if name == "ddpg" else SPREAD)
    assert all(np.isfinite(value) and value >= 0.0 for value in figures.values())
    for network in ("actor", "critic"):
        assert figures[f"{network}_dead_units"] <= figures[f"{network}_dormant_units"] < 1.0
        assert figures[f"{network}_weight_norm"] > 0.0
        assert figures[f"{network}_gradient_norm"] > 0.0


@every_algorithm
def test_an_agent_without_a_batch_leaves_its_health_out(make_agent, name):
    assert make_agent(name).health() == {}


@every_algorithm
def test_a_look_at_its_health_changes_nothing(make_agent, make_batch, name):
    agents = [make_agent(name) for _ in range(2)]
    for index in range(6):
        for agent in agents:
            agent.observe(OBS + index)
            agent.observe_reward(float(index), is_last=False)
            agent.update(make_batch(index))
        agents[0].health()
        agents[0].try_policy(np.stack([OBS, -OBS]))
    own, other = (tensors(agent) for agent in agents)
    assert all(torch.equal(own[key], other[key]) for key in own)
    assert agents[0].get_state().values == agents[1].get_state().values
    assert agents[0].metrics() == agents[1].metrics()
    assert np.array_equal(agents[0].act(OBS), agents[1].act(OBS))


@every_algorithm
def test_the_policy_is_tried_with_numbers_of_its_own(make_agent, make_batch, name):
    agent = trained(make_agent, make_batch, name)
    obs = np.stack([OBS, -OBS, 2 * OBS])
    first, second = agent.try_policy(obs), agent.try_policy(obs)
    assert first.action.shape == (3, 2) and first.entropy_bonus.shape == (3,)
    assert np.abs(first.action).max() <= 1.0
    assert np.array_equal(first.action, second.action)
    has_entropy = name not in ("td3", "ddpg", "mpo")
    assert first.entropy_bonus.any() == has_entropy


@pytest.mark.parametrize("name", MAX_ENT)
def test_critics_may_leave_the_entropy_out(make_agent, make_batch, name):
    agents = [
        trained(make_agent, make_batch, name, backup_entropy=counts) for counts in (True, False)
    ]
    penalties = [agent.next_sample()[1].any().item() for agent in agents]
    bonuses = [agent.try_policy(np.stack([OBS])).entropy_bonus.any() for agent in agents]
    assert penalties == bonuses == [True, False]
    # The actor's own entropy counts as ever.
    assert agents[1].temperature.alpha.item() > 0.0


@every_algorithm
def test_updates_fit_the_critic_to_rewards_without_a_future(make_agent, make_batch, name):
    agent = make_agent(name, critic_learning_rate=1e-2, normalize_obs=False)
    batch = make_batch()
    batch = replace(batch, discount=np.zeros_like(batch.discount))
    for _ in range(400):
        agent.update(batch)
    agent.metrics()
    agent.update(batch)
    # Tells how well the rewards are known: their own spread is about one.
    assert agent.metrics()["target_q_mean"] == pytest.approx(batch.reward.mean(), abs=1e-5)
    assert abs(agent.value(batch.obs, batch.action) - batch.reward).max() < 0.1


@every_algorithm
def test_learning_rates_fall_with_updates(make_agent, make_batch, name):
    """Rates that fell to a hundredth move weights a hundredth as far."""
    settings = {"policy_delay": 2, "learning_rate_end": 0.01, "smoothness_coef": 1.0}
    decayed = make_agent(name, decay_updates=4, **settings)
    for index in range(4):
        decayed.update(make_batch(index))
    steady = make_agent(name, policy_delay=2, smoothness_coef=1.0)
    steady.set_state(decayed.get_state())
    moves = []
    for agent in (steady, decayed):
        for half in (agent.critic, agent.online_actor):
            before = [parameter.detach().clone() for parameter in half.parameters()]
            moves.append((half, before))
        for index in range(2):
            agent.update(make_batch(index))
    steps = [
        sum((own - other).abs().sum() for own, other in zip(half.parameters(), old, strict=True))
        for half, old in moves
    ]
    for slow, fast in zip(steps[2:], steps[:2], strict=True):
        assert slow < 0.05 * fast


@every_algorithm
def test_the_state_of_another_shape_is_refused(make_agent, name):
    with pytest.raises(ValueError, match="expected"):
        make_agent(name).set_state(make_agent(name, actor_hidden_dims=(8, 8)).get_state())


@every_algorithm
@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute by itself, but a compiler beside other load is slow
@pytest.mark.skipif(missing_for_compiler() != "", reason="torch.compile lacks a compiler")
@pytest.mark.filterwarnings("ignore")  # of torch's compiler, about itself
def test_the_compiled_update_equals_the_eager_one(make_agent, make_batch, name):
    changes = {"normalize_obs": True, "smoothness_coef": 0.5, "policy_delay": 1}
    changes |= {"learning_rate_end": 0.1, "decay_updates": 4}
    eager, compiled = make_agent(name, **changes), make_agent(name, **changes)
    for agent in (eager, compiled):
        agent.observe(np.ones(3, np.float32))
        agent.observe(np.zeros(3, np.float32))
    before = tensors(compiled)
    compiled.compile()
    after = tensors(compiled)
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert compiled.is_compiled
    for index in range(5):
        eager.update(make_batch(index))
        compiled.update(make_batch(index))
    own, other = tensors(eager), tensors(compiled)
    for key in own:
        torch.testing.assert_close(other[key], own[key], rtol=1e-3, atol=1e-5)
