"""What every algorithm that takes weights makes of them."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch

from rl_agent.algorithms.compilation import missing_for_compiler
from rl_agent.algorithms.registry import ALGORITHMS


def takes_weights(name):
    module, _, class_name = ALGORITHMS[name].path.partition(":")
    return getattr(import_module(module), class_name).takes_weights


WEIGHING = [name for name in ALGORITHMS if takes_weights(name)]
every_weighing_algorithm = pytest.mark.parametrize("name", WEIGHING)


def critic_of(agent):
    return {key: t.clone() for key, t in agent.get_state().tensors.items() if "critic" in key}


def weighing(make_agent, name, **changes):
    agent = make_agent(name, **changes)
    agent.use_weights()
    return agent


@every_weighing_algorithm
def test_rows_of_no_weight_teach_nothing(make_agent, make_batch, name):
    batch = make_batch()
    weight = np.array([1, 0, 1, 1, 0, 1, 1, 1], np.float32)
    reward = np.where(weight, batch.reward, 100.0).astype(np.float32)
    agents = [weighing(make_agent, name, policy_delay=5) for _ in range(2)]
    agents[0].update(replace(batch, weight=weight))
    agents[1].update(replace(batch, weight=weight, reward=reward))
    own, other = map(critic_of, agents)
    assert all(torch.equal(own[key], other[key]) for key in own if key.startswith("critic."))


@every_weighing_algorithm
def test_weights_of_one_change_nothing(make_agent, make_batch, name):
    plain, weighed, silent = make_agent(name), *(weighing(make_agent, name) for _ in range(2))
    for index in range(3):
        plain.update(make_batch(index))
        weighed.update(replace(make_batch(index), weight=np.ones(8, np.float32)))
        silent.update(make_batch(index))
    own, other, third = map(critic_of, (plain, weighed, silent))
    assert all(torch.equal(own[key], other[key]) for key in own)
    assert all(torch.equal(own[key], third[key]) for key in own)


@every_weighing_algorithm
def test_errors_are_told_per_row(make_agent, make_batch, name):
    agent = weighing(make_agent, name, normalize_obs=False)
    batch = make_batch()
    batch = replace(batch, discount=np.zeros(8, np.float32))
    # Nothing comes after: the target is the reward.
    critic_input = agent.critic_input(torch.from_numpy(batch.obs), torch.from_numpy(batch.action))
    with torch.no_grad():
        q_values = agent.q_values(critic_input).numpy()
    expected = np.abs(q_values - batch.reward).mean(0)
    agent.update(batch)
    error = agent.td_error()
    np.testing.assert_allclose(error, expected, rtol=1e-4, atol=1e-6)
    agent.update(make_batch(1))
    assert not np.array_equal(error, agent.td_error())


@every_weighing_algorithm
def test_weights_that_nobody_announced_are_refused(make_agent, make_batch, name):
    agent = make_agent(name)
    with pytest.raises(ValueError, match="call use_weights"):
        agent.update(replace(make_batch(), weight=np.ones(8, np.float32)))
    with pytest.raises(ValueError, match="keeps no errors"):
        agent.td_error()


def test_an_algorithm_without_weights_says_so(make_agent, monkeypatch):
    agent = make_agent("sac")
    monkeypatch.setattr(type(agent), "takes_weights", False)
    with pytest.raises(ValueError, match="Sac can't weigh"):
        agent.use_weights()


@pytest.mark.parametrize("name", ["sac", "tqc"])  # one of each kind of loss: compiling is slow
@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute by itself, but a compiler beside other load is slow
@pytest.mark.skipif(missing_for_compiler() != "", reason="torch.compile lacks a compiler")
@pytest.mark.filterwarnings("ignore")  # of torch's compiler, about itself
def test_the_compiled_update_weighs_like_the_eager_one(make_agent, make_batch, name):
    eager, compiled = (weighing(make_agent, name) for _ in range(2))
    compiled.compile()
    for index in range(3):
        weight = np.random.default_rng(index).random(8, dtype=np.float32)
        batch = replace(make_batch(index), weight=weight)
        eager.update(batch)
        compiled.update(batch)
        np.testing.assert_allclose(compiled.td_error(), eager.td_error(), rtol=1e-3, atol=1e-5)
    own, other = critic_of(eager), critic_of(compiled)
    for key in own:
        torch.testing.assert_close(other[key], own[key], rtol=1e-3, atol=1e-5)
