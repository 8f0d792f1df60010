"""How every algorithm that explores with noise uses it."""

import numpy as np
import pytest

from rl_agent.algorithms.actor_critic import ActorCritic
from rl_agent.algorithms.max_ent_config import MaxEntConfig
from rl_agent.algorithms.mpo_config import MpoConfig
from rl_agent.algorithms.registry import ALGORITHMS
from rl_agent.algorithms.td3_config import Td3Config
from rl_agent.exceptions import ProblemsError
from rl_agent.networks.mlp import Mlp

OBS = np.array([0.3, -1.0, 2.0], np.float32)
every_algorithm = pytest.mark.parametrize("name", ALGORITHMS)
lasting = pytest.mark.parametrize("exploration", ["ou", "pink", "gsde", "repeated"])


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
    has_spread = issubclass(ALGORITHMS[name].config_class, MaxEntConfig | MpoConfig)
    white = "sampled" if has_spread else "gaussian"
    plain = actions(make_agent(name, exploration=white), 400)
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


@every_algorithm
def test_gsde_pushes_a_state_one_way_until_its_function_is_drawn_anew(make_agent, name):
    agent = make_agent(name, exploration="gsde", exploration_resample=3)
    tried = actions(agent, 7)
    assert np.array_equal(tried[:3], np.repeat(tried[:1], 3, 0))
    assert np.array_equal(tried[3:6], np.repeat(tried[3:4], 3, 0))
    assert len(np.unique(tried[[0, 3, 6]], axis=0)) == 3


@every_algorithm
def test_what_gsde_sees_decides_nothing_but_the_noise(make_agent, name):
    plain, exploring = make_agent(name), make_agent(name, exploration="gsde")
    own = np.stack([agent.act(OBS, is_deterministic=True) for agent in (plain, exploring)])
    assert np.array_equal(own[0], own[1])
    assert plain.get_state().tensors.keys() == exploring.get_state().tensors.keys()


def test_an_actor_that_tells_no_features_is_refused(make_agent, monkeypatch):
    monkeypatch.delattr(Mlp, "features")
    with pytest.raises(ProblemsError, match=r"agent.exploration: gsde needs .* Mlp does not tell"):
        make_agent("sac", exploration="gsde")


def test_a_policy_with_a_spread_has_no_other_and_one_without_needs_one():
    with pytest.raises(ValueError, match="sampled, ou, pink, gsde or repeated"):
        MaxEntConfig(exploration="gaussian")
    with pytest.raises(ValueError, match="gaussian, ou, pink, gsde or repeated"):
        Td3Config(exploration="sampled")


@pytest.mark.parametrize(
    "changes",
    [{"exploration_theta": 0.0}, {"exploration_horizon": 1}, {"exploration_resample": -1}],
)
def test_senseless_noise_is_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        MaxEntConfig(**changes)
