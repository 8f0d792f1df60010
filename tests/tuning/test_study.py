import pytest
import yaml

from rl_agent.learning.config_file import load_settings, parse_config
from rl_agent.tuning.results import importances, write_results
from rl_agent.tuning.space import Choices, Range
from rl_agent.tuning.study import begun_trials, draw_values, finish, open_study
from rl_agent.tuning.sweep_folder import JOURNAL_FILE, Sweep

pytest.importorskip("optuna", reason="sweeps need the `tune` extra")
SPACE = {
    "agent.tau": Range(low=0.01, high=0.1, log=True),
    "agent.batch_size": Range(low=8, high=16, integer=True),
    "agent.critic_hidden_dims": Choices(choices=([8], [16, 16])),
}


@pytest.fixture
def sweep():
    base = parse_config({"env": "Pendulum-v1", "num_steps": 100}, "test")
    return Sweep(base=base, space=SPACE)


def test_values_are_those_that_the_training_takes(tmp_path, sweep):
    values = draw_values(open_study(tmp_path, sweep).ask(), SPACE)
    config = sweep.config(values)
    assert 0.01 <= config.agent.tau <= 0.1
    assert config.agent.batch_size in range(8, 17)
    assert config.agent.critic_hidden_dims in ((8,), (16, 16))


def test_a_kill_loses_no_trial_and_changes_no_value(tmp_path, sweep):
    study = open_study(tmp_path, sweep)
    done, left = study.ask(), study.ask()
    finish(study, done, "finished", -3.0)
    values = draw_values(left, SPACE)
    with (tmp_path / JOURNAL_FILE).open("ab") as file:
        file.write(b'{"op_code": 5, "half a rec')
    (tmp_path / f"{JOURNAL_FILE}.lock").symlink_to(JOURNAL_FILE)
    again = open_study(tmp_path, sweep)
    (trial,) = begun_trials(again)
    assert (trial.number, draw_values(trial, SPACE)) == (left.number, values)
    finish(again, trial, "finished", -2.0)
    assert [t.value for t in open_study(tmp_path, sweep).trials] == [-3.0, -2.0]


def test_a_trial_killed_while_it_was_drawn_gets_the_rest(tmp_path, sweep):
    first = {path: SPACE[path] for path in ("agent.tau",)}
    drawn = draw_values(open_study(tmp_path, sweep).ask(), first)
    (trial,) = begun_trials(open_study(tmp_path, sweep))
    values = draw_values(trial, SPACE)
    assert values["agent.tau"] == drawn["agent.tau"]
    assert values.keys() == SPACE.keys()


def test_trials_after_a_resume_are_new_ones(tmp_path, sweep):
    values = []
    for _ in range(3):
        study = open_study(tmp_path, sweep)
        trial = study.ask()
        values.append(draw_values(trial, SPACE)["agent.tau"])
        finish(study, trial, "finished", 1.0)
    assert len(set(values)) == 3


def test_the_worse_half_is_pruned_after_a_third(tmp_path, sweep):
    study = open_study(tmp_path, sweep)
    for value in range(5):
        trial = study.ask()
        for step in (20, 40):
            trial.report(float(value), step)
        finish(study, trial, "finished", float(value))
    trial = study.ask()
    trial.report(-1.0, 20)  # 20 < 33
    assert not trial.should_prune()
    trial.report(-1.0, 40)  # the median is 2
    assert trial.should_prune()


def test_the_best_can_be_trained_and_all_are_listed(tmp_path, sweep):
    study = open_study(tmp_path, sweep)
    write_results(tmp_path, sweep, study)
    assert not (tmp_path / "best.yaml").exists()
    values = {}
    for outcome, value in (("finished", -3.0), ("finished", -1.0), ("diverged", None)):
        trial = study.ask()
        values[value] = draw_values(trial, SPACE)
        finish(study, trial, outcome, value)
    write_results(tmp_path, sweep, study)
    best = parse_config(load_settings(str(tmp_path / "best.yaml")), "best.yaml")
    assert best == sweep.config(values[-1.0])
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["env"] == "Pendulum-v1"
    lines = (tmp_path / "trials.csv").read_text().splitlines()
    assert lines[0].startswith("trial,outcome,mean_return,last_step,agent.tau")
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["0", "finished", "-3.0"],
        ["1", "finished", "-1.0"],
        ["2", "diverged", ""],
    ]


def test_what_mattered_is_told_once_ten_trials_are_there(tmp_path, sweep):
    study = open_study(tmp_path, sweep)
    for _ in range(10):
        assert importances(study) == {}
        trial = study.ask()
        finish(study, trial, "finished", draw_values(trial, SPACE)["agent.tau"])
    assert next(iter(importances(study))) == "agent.tau"
