"""What every bonus promises, whatever it is."""

import numpy as np
import pytest

from rl_agent.bonuses.bonus_config import BonusConfig
from rl_agent.bonuses.registry import make_bonus, with_bonus
from rl_agent.data.batch import Batch

every_kind = pytest.mark.parametrize("kind", ["disagreement", "rnd", "count"])


def bonus_of(kind, seed=0, **changes):
    small = {"hidden_dims": (32,), "num_features": 8, "num_bits": 8, "learning_rate": 1e-2}
    config = BonusConfig(kind=kind, **(small | changes))
    return make_bonus(config, lambda obs: obs, 2, 1, np.random.default_rng(seed))


def batch_at(place, size=64, seed=0):
    """Rows around a place, where an action pushes the first number."""
    rng = np.random.default_rng(seed)
    obs = (np.array(place) + 0.1 * rng.standard_normal((size, 2))).astype(np.float32)
    action = rng.uniform(-1.0, 1.0, (size, 1)).astype(np.float32)
    next_obs = obs + np.concatenate([action, 0.0 * action], 1)
    ones = np.ones(size, np.float32)
    return Batch(obs, action, 0.0 * ones, ones, next_obs)


def get_to_know(bonus, place, times=300):
    rng = np.random.default_rng(1)
    for index in range(times):
        batch = batch_at(place, seed=index)
        bonus.observe(batch.next_obs[:1])
        bonus.learn(batch, rng)


@every_kind
def test_what_is_known_is_worth_less_than_what_is_new(kind):
    bonus = bonus_of(kind)
    before = bonus.measure(batch_at((0.0, 0.0))).mean()
    get_to_know(bonus, (0.0, 0.0))
    known, new = (bonus.measure(batch_at(place)) for place in ((0.0, 0.0), (4.0, -4.0)))
    assert (known.dtype, known.shape) == (np.float32, (64,))
    assert known.min() >= 0.0
    assert known.mean() < 0.5 * before
    assert known.mean() < 0.5 * new.mean()


@every_kind
def test_measuring_changes_nothing(kind):
    bonus = bonus_of(kind)
    get_to_know(bonus, (0.0, 0.0), times=3)
    first = bonus.measure(batch_at((0.0, 0.0)))
    assert np.array_equal(first, bonus.measure(batch_at((0.0, 0.0))))


@every_kind
def test_the_same_seed_gives_the_same_bonus(kind):
    first, second = bonus_of(kind), bonus_of(kind)
    for bonus in (first, second):
        get_to_know(bonus, (0.0, 0.0), times=5)
    batch = batch_at((1.0, 1.0))
    assert np.array_equal(first.measure(batch), second.measure(batch))


@every_kind
def test_a_saved_bonus_goes_on_bit_by_bit(kind):
    first, second = bonus_of(kind), bonus_of(kind)
    get_to_know(first, (0.0, 0.0), times=5)
    state = first.get_state()
    get_to_know(first, (1.0, 0.0), times=5)  # also shows that the state is a copy
    get_to_know(second, (3.0, 0.0), times=5)
    second.set_state(state)
    get_to_know(second, (1.0, 0.0), times=5)
    batch = batch_at((1.0, 1.0))
    assert np.array_equal(first.measure(batch), second.measure(batch))


def test_only_the_first_rows_are_learned_from():
    few, all_rows = (bonus_of("rnd", batch_size=size) for size in (16, 64))
    alone = bonus_of("rnd", batch_size=64)
    batch, rng = batch_at((0.0, 0.0)), np.random.default_rng(0)
    few.learn(batch, rng)
    alone.learn(batch.first(16), rng)
    all_rows.learn(batch, rng)
    assert np.array_equal(few.measure(batch), alone.measure(batch))
    assert not np.array_equal(few.measure(batch), all_rows.measure(batch))


def test_without_a_bonus_replay_stays_itself():
    replay = object()
    config = BonusConfig()
    assert with_bonus(replay, config, lambda obs: obs, obs_dim=2, act_dim=1, seed=0) is replay
