import pytest

from rl_agent.algorithms.sac_config import SacConfig


@pytest.mark.parametrize(
    "changes",
    [
        {"num_qs": 1},
        {"num_min_qs": 0},
        {"utd_ratio": 0.0},
        {"policy_delay": 0},
        {"dropout_rate": 1.0},
        {"n_step": 0},
        {"gamma": 1.0},
        {"tau": 0.0},
        {"actor_average_rate": 0.0},
        {"initial_alpha": 0.0},
        {"smoothness_coef": -1.0},
        {"batch_size": 0},
        {"num_threads": 0},
        {"actor_hidden_dims": (0,)},
    ],
)
def test_senseless_settings_are_refused(changes):
    with pytest.raises(ValueError, match=r"must|at least"):
        SacConfig(**changes)


def test_the_bounds_themselves_are_accepted():
    config = SacConfig(num_qs=2, num_min_qs=1, gamma=0.0, tau=1.0, dropout_rate=0.0)
    assert config.gamma == 0.0
