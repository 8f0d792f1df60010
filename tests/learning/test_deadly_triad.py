"""Approximation, bootstrapping and off-policy data together: what the guard is for."""

import numpy as np
import pytest
import torch

from rl_agent.algorithms.registry import config_class, make_agent
from rl_agent.data.batch import Batch
from rl_agent.learning.value_guard import LEAST_REWARDS, ValueGuard

NUM_ROWS, BATCH_SIZE, GAMMA = 400, 64, 0.99
REPORT_EVERY = 100
PLAIN = {"tau": 1.0}
ENSEMBLE = {"num_qs": 5, "use_layer_norm": True}


@pytest.fixture(autouse=True)
def one_thread():
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


def trouble(name, **changes):
    """What the guard says of an agent that learns from somebody else's steps, going nowhere."""
    rng = np.random.default_rng(0)
    obs, next_obs = rng.standard_normal((2, NUM_ROWS, 4), dtype=np.float32)
    action = rng.uniform(-1.0, 1.0, (NUM_ROWS, 6)).astype(np.float32)
    reward = rng.uniform(-0.1, 0.1, NUM_ROWS).astype(np.float32)
    discount = np.full(NUM_ROWS, GAMMA, np.float32)
    settings = {
        "batch_size": BATCH_SIZE,
        "actor_hidden_dims": (32, 32),
        "critic_hidden_dims": (32, 32),
        "critic_learning_rate": 1e-2,
        "actor_learning_rate": 1e-2,
        "normalize_obs": False,
        "policy_delay": 1,
    }
    agent = make_agent(name, 4, 6, config_class(name)(**(settings | changes)), 5)
    guard = ValueGuard(GAMMA)
    for index in range(LEAST_REWARDS):
        guard.note_reward(float(reward[index % NUM_ROWS]))
    for update in range(1, 1501):
        k = rng.integers(0, NUM_ROWS, BATCH_SIZE)
        agent.update(Batch(obs[k], action[k], reward[k], discount[k], next_obs[k]))
        if update % REPORT_EVERY == 0 and (told := guard.judge(agent.metrics())):
            return told
    return ""


def test_a_plain_critic_diverges_and_is_found_out():
    assert "no rewards met so far" in trouble("ddpg", **PLAIN)


def test_an_ensemble_with_slow_copies_does_not():
    assert trouble("td3", **ENSEMBLE) == ""
