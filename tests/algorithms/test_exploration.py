"""How every algorithm that explores with noise uses it."""

import numpy as np
import pytest

from rl_agent.algorithms.actor_critic import ActorCritic
from rl_agent.algorithms.max_ent_config import MaxEntConfig
from rl_agent.algorithms.registry import ALGORITHMS
from rl_agent.algorithms.td3_config import Td3Config

OBS = np.array([0.3, -1.0, 2.0], np.float32)
every_algorithm = pytest.mark.parametrize("name", ALGORITHMS)
lasting = pytest.mark.parametrize("exploration", ["ou", "pink"])


def exploring(make_agent, name, exploration, seed=0):
    agent = make_agent(name, exploration=exploration, seed=seed)
    if not isinstance(agent, ActorCritic):
        pytest.skip("explores in its own way")
    return agent


def actions(agent, count):
    return np.stack([agent.act(OBS) for _ in range(count)])


@every_algorithm
@lasting
def test_lasting_noise_pushes_one_way_for_longer(make_agent, name, exploration):
    plain = actions(make_agent(name), 400)
    lasts = actions(exploring(make_agent, name, exploration), 400)
    assert np.abs(lasts).max() <= 1.0
    turns = [np.abs(np.diff(tried, axis=0)).mean() / tried.std() for tried in (plain, lasts)]
    assert turns[1] < 0.7 * turns[0]


@every_algorithm
@lasting
def test_a_saved_agent_goes_on_within_an_episode(make_agent, name, exploration):
    first = exploring(make_agent, name, exploration)
    actions(first, 7)
    second = exploring(make_agent, name, exploration, seed=9)
    second.set_state(first.get_state())
    assert np.array_equal(actions(first, 20), actions(second, 20))


@every_algorithm
@lasting
def test_an_episode_ends_what_noise_remembers(make_agent, name, exploration):
    agent = exploring(make_agent, name, exploration)
    actions(agent, 7)
    agent.end_episode()
    assert agent.exploration.get_state() == {}


def test_a_policy_with_a_spread_has_no_other_and_one_without_needs_one():
    with pytest.raises(ValueError, match="sampled, ou or pink"):
        MaxEntConfig(exploration="gaussian")
    with pytest.raises(ValueError, match="gaussian, ou or pink"):
        Td3Config(exploration="sampled")


@pytest.mark.parametrize("changes", [{"exploration_theta": 0.0}, {"exploration_horizon": 1}])
def test_senseless_noise_is_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        MaxEntConfig(**changes)
