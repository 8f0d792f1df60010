"""Health figures of whole runs."""

import pytest
from small_training import ENV, StopAfter, assert_same_end, small_config

from rl_agent.algorithms.registry import ALGORITHMS
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.training import train

LOOKED_AT = {"num_steps": 60, "health_every": 10}


def health_lines(run_dir):
    return [line for line in read_metrics(run_dir) if line["kind"] == "health"]


def test_a_run_with_and_one_without_it_end_alike(tmp_path):
    train(small_config(**LOOKED_AT), tmp_path / "with")
    train(small_config(num_steps=60, health_every=0), tmp_path / "without")
    own, other = (load_checkpoint(tmp_path / name) for name in ("with", "without"))
    assert own.tensors.keys() == other.tensors.keys()
    for name, tensor in own.tensors.items():
        assert tensor.tobytes() == other.tensors[name].tobytes(), name
    assert own.values["agent"] == other.values["agent"]
    assert own.values["sample_rng"] == other.values["sample_rng"]
    assert health_lines(tmp_path / "without") == []
    # Random actions before step 20 say nothing of a policy.
    assert [line["env_step"] for line in health_lines(tmp_path / "with")] == [30, 40, 50, 60]


@pytest.mark.parametrize("looks", [25, 48])
def test_a_stopped_run_notes_the_same_figures(tmp_path, looks):
    config = small_config(**LOOKED_AT)
    train(config, tmp_path / "whole")
    train(config, tmp_path / "run", stop=StopAfter(looks))
    train(config, tmp_path / "run", should_resume=True)
    assert_same_end(tmp_path / "whole", tmp_path / "run")
    assert health_lines(tmp_path / "run")


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_every_algorithm_is_judged_by_its_returns(tmp_path, algo):
    agent = {"actor_hidden_dims": [8], "critic_hidden_dims": [8], "batch_size": 8}
    evaluation = {"every": 1000, "num_episodes": 1, "num_confirm": 1}
    values = {"env": ENV, "algo": algo, "agent": agent, "evaluation": evaluation}
    steps = {"num_steps": 40, "learning_starts": 20, "health_every": 20}
    config = parse_config(values | steps, "test")
    train(config, tmp_path)
    (line,) = health_lines(tmp_path)
    assert {"q_mean", "q_bias", "discounted_return", "q_bias_relative"} <= line.keys()
    assert line["q_mean"] - line["discounted_return"] == pytest.approx(line["q_bias"])
