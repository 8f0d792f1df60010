import pytest

from rl_agent.exceptions import ProblemsError, TuningError
from rl_agent.learning.config_file import parse_config
from rl_agent.tuning.space import Choices, Range
from rl_agent.tuning.sweep_folder import (
    Sweep,
    read_sweep,
    run_dir,
    sole_owner,
    with_evaluations,
    write_sweep,
)

SPACE = {"agent.tau": Range(low=0.1, high=0.2), "agent.batch_size": Choices(choices=(8, 16))}


def sweep(**changes):
    base = parse_config({"env": "Pendulum-v1", "num_steps": 100, "seed": 3} | changes, "test")
    return Sweep(base=base, space=SPACE, num_seeds=2)


def test_what_was_written_is_read(tmp_path):
    write_sweep(tmp_path, sweep())
    assert read_sweep(tmp_path) == sweep()


def test_a_folder_without_a_sweep_is_told(tmp_path):
    with pytest.raises(ProblemsError, match="there is no sweep here"):
        read_sweep(tmp_path)


def test_another_version_is_told(tmp_path):
    (tmp_path / "sweep.yaml").write_text("schema_version: 2\n")
    with pytest.raises(ProblemsError, match="reads version 1, the file says 2"):
        read_sweep(tmp_path)


def test_a_training_has_its_values_and_its_seed():
    config = sweep().config({"agent.tau": 0.15, "agent.batch_size": 8}, 1)
    assert (config.agent.tau, config.agent.batch_size, config.seed) == (0.15, 8, 4)


def test_short_trainings_are_evaluated_often_enough_to_prune():
    base = sweep(num_steps=4000, evaluation={"every": 1000, "first": 3000}).base
    evaluation = with_evaluations(base).evaluation
    assert (evaluation.every, evaluation.first) == (800, 2000)


def test_each_seed_has_a_folder(tmp_path):
    assert run_dir(tmp_path, 7) == tmp_path / "trials" / "0007"
    assert run_dir(tmp_path, 7, 1) == tmp_path / "trials" / "0007-seed1"


def test_a_folder_has_one_owner_at_a_time(tmp_path):
    with sole_owner(tmp_path), pytest.raises(TuningError, match="at work here"):  # noqa: SIM117
        with sole_owner(tmp_path):
            pass
    with sole_owner(tmp_path):
        assert (tmp_path / ".lock").exists()
