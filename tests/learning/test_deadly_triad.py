"""Approximation, bootstrapping and off-policy data together: what the guard is for.

What is compared here differs in one setting alone: algorithm, data, rates and seed are the same.
"""

import re

import numpy as np
import pytest
import torch

from rl_agent.algorithms.registry import config_class, make_agent
from rl_agent.data.batch import Batch
from rl_agent.exceptions import TrainingDivergedError
from rl_agent.learning.checkpoint import load_checkpoint, step_checkpoints
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.training import train
from rl_agent.learning.value_guard import EXCESS, LEAST_REWARDS, PATIENCE, ValueGuard

NUM_ROWS, BATCH_SIZE, GAMMA = 400, 64, 0.99
REPORT_EVERY = 100
TOLD = "no rewards met so far"
WILD = {"tau": 1.0, "num_qs": 1}
"""Learning from no slow copy at all, at a rate of 0.01: extreme on purpose."""
MILD = {"tau": 0.3, "critic_learning_rate": 1e-3}
SEEDS = (0, 1, 2)


@pytest.fixture(autouse=True)
def one_thread():
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


def trouble(name, seed=5, **changes):
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
    agent = make_agent(name, 4, 6, config_class(name)(**(settings | changes)), seed)
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
    assert TOLD in trouble("ddpg", **WILD)


@pytest.mark.parametrize("remedy", [{"tau": 0.005}, {"use_layer_norm": True}])
def test_slow_copies_or_layer_norm_alone_keep_it_from_that(remedy):
    assert TOLD in trouble("td3", **WILD)
    assert trouble("td3", **(WILD | remedy)) == ""


@pytest.mark.parametrize("seed", SEEDS)
def test_an_ensemble_alone_keeps_it_from_that_where_targets_are_less_wild(seed):
    assert TOLD in trouble("td3", seed, num_qs=1, **MILD)
    assert trouble("td3", seed, num_qs=5, **MILD) == ""


def test_the_least_of_an_ensemble_is_no_cure_by_itself():
    """It turns what would be dreamt of into what is dreaded, without bounds either."""
    assert "expect -" in trouble("td3", **(WILD | {"num_qs": 5}))


def test_a_training_that_really_diverges_is_stopped_with_an_explanation(tmp_path):
    """No figure is faked: an agent is trained by the loop until its critics are lost.

    At this rate and seed they are by step 1200, whichever library multiplies, rounding as it may.
    """
    agent = {
        **WILD,
        "gamma": 0.999,
        "utd_ratio": 2,
        "actor_hidden_dims": [32, 32],
        "critic_hidden_dims": [32, 32],
        "batch_size": BATCH_SIZE,
        "actor_learning_rate": 1e-2,
        "critic_learning_rate": 3e-2,
        "normalize_obs": False,
    }
    values = {
        "env": "double_integrator:DoubleIntegrator-v0",
        "algo": "ddpg",
        "num_steps": 10_000,
        "seed": 1,
        "log_every": REPORT_EVERY,
        "agent": agent,
        # Each evaluation leaves a checkpoint; by time there are none.
        "evaluation": {"every": 50, "num_episodes": 1, "num_confirm": 1},
        "checkpoint_every_s": 1e6,
    }
    with pytest.raises(TrainingDivergedError, match=TOLD) as caught:
        train(parse_config(values, "test"), tmp_path)
    last = read_metrics(tmp_path)[-1]
    stopped, told = last["env_step"], str(caught.value)
    bound = float(re.search(r"could add up to more than ([-+.\de]+);", told)[1])
    assert last["kind"] == "diverged" and abs(last["q_mean"]) > EXCESS * bound
    assert LEAST_REWARDS <= stopped < values["num_steps"]
    assert f"training diverged by step {stopped}: the critics expect" in told
    assert f"Training stopped at step {stopped}" in told and "Next: a smaller" in told
    kept = [int(path.name) for path in step_checkpoints(tmp_path)]
    # Of the last three reports, that of the stop among them, none was sound.
    assert kept[0] <= stopped - PATIENCE * REPORT_EVERY
    assert f"the checkpoint of step {kept[0]} stays" in told
    assert all(np.isfinite(tensor).all() for tensor in load_checkpoint(tmp_path).tensors.values())
