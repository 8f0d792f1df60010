import pytest

from rl_agent.algorithms.registry import ALGORITHMS, config_class, make_agent
from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.exceptions import ProblemsError


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_can_be_built(name):
    config = config_class(name)(actor_hidden_dims=(4,), critic_hidden_dims=(4,))
    agent = make_agent(name, 3, 2, config, 0)
    assert agent.gradient_step == 0
    assert agent.actor.obs_dim == 3


def test_a_users_own_class_needs_no_entry():
    agent = make_agent("rl_agent.algorithms.sac:Sac", 3, 2, SacConfig(), 0)
    assert agent.actor.act_dim == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sacc", "did you mean 'sac'"),
        ("no_such_module:Agent", "cannot be imported"),
        ("rl_agent.algorithms.sac:Nothing", "cannot be imported"),
        ("pathlib:Path", "is not an Agent class"),
    ],
)
def test_unknown_algorithms_are_named(name, words):
    with pytest.raises(ProblemsError, match=words):
        make_agent(name, 3, 2, SacConfig(), 0)
