import numpy as np
import pytest
import torch

from rl_agent.bonuses.bonus_config import BonusConfig
from rl_agent.bonuses.disagreement import DisagreementBonus
from rl_agent.bonuses.rnd import RndBonus
from rl_agent.data.batch import Batch


def generator():
    return torch.Generator().manual_seed(0)


def row(obs, action, next_obs):
    def values(*numbers):
        return np.array([numbers], np.float32)

    return Batch(values(*obs), values(action), values(0.0)[0], values(0.9)[0], values(*next_obs))


@torch.no_grad()
def set_linear(layer, weight, bias):
    layer.weight.copy_(torch.tensor(weight))
    layer.bias.copy_(torch.tensor(bias))


def test_rnd_is_the_mean_squared_error_by_hand():
    config = BonusConfig(hidden_dims=(), num_features=2)
    bonus = RndBonus(lambda obs: 0.5 * obs, 1, config, generator())
    set_linear(bonus.target.layers[0], [[1.0], [2.0]], [0.0, 0.0])
    set_linear(bonus.network.layers[0], [[0.0], [2.0]], [1.0, 1.0])
    # The next obs 6 is seen as 3: the target says (3, 6), the predictor (1, 7): (4 + 1) / 2.
    assert bonus.measure(row([9.0], 0.0, [6.0])).tolist() == [2.5]


def test_disagreement_is_the_variance_over_models_by_hand():
    config = BonusConfig(hidden_dims=(), num_models=2)
    bonus = DisagreementBonus(lambda obs: obs, 2, 1, config, generator())
    # Both see (x, y, a). The first says (x, a), the second (x + 2, -a).
    set_linear(
        bonus.network.layers[0],
        [
            [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]],
            [[1.0, 0.0], [0.0, 0.0], [0.0, -1.0]],
        ],
        [[[0.0, 0.0]], [[2.0, 0.0]]],
    )
    # For a = 0.5: 5 and 7, 0.5 and -0.5; variances 1 and 0.25, whatever the next obs is.
    measured = bonus.measure(row([5.0, 8.0], 0.5, [0.0, 0.0]))
    assert measured.tolist() == pytest.approx([0.625])


def test_models_of_one_number_keep_their_shape():
    config = BonusConfig(hidden_dims=(4,), num_models=3)
    bonus = DisagreementBonus(lambda obs: obs, 1, 1, config, generator())
    batch = row([5.0], 0.5, [4.0])
    assert bonus.predict(batch).shape == (3, 1, 1)
    assert bonus.measure(batch).shape == (1,)


def test_what_is_random_in_itself_is_no_reason_to_disagree():
    config = BonusConfig(hidden_dims=(32,), learning_rate=3e-3)
    bonus = DisagreementBonus(lambda obs: obs, 1, 1, config, generator())
    rng = np.random.default_rng(0)
    for _ in range(600):
        obs, action, next_obs = rng.standard_normal((3, 256, 1), dtype=np.float32)
        ones = np.ones(256, np.float32)
        batch = Batch(obs, action, ones, ones, next_obs)
        bonus.learn(batch, rng)
    # The error stays 1, the variance of the next obs; models that know it say alike.
    assert bonus.measure(batch).mean() < 0.1
    error = bonus.predict(batch) - torch.from_numpy(next_obs - obs)
    assert error.detach().square().mean() == pytest.approx(1.0, abs=0.2)
