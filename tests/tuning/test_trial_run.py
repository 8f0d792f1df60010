import json

import pytest

from rl_agent.learning.config_file import parse_config
from rl_agent.learning.metrics import METRICS_FILE
from rl_agent.tuning import trial_run
from rl_agent.tuning.runner import Runner
from rl_agent.tuning.space import Range
from rl_agent.tuning.study import open_study
from rl_agent.tuning.sweep_folder import Sweep, run_dir
from rl_agent.tuning.trial_run import TrialRun

pytest.importorskip("optuna", reason="sweeps need the `tune` extra")


class Training:
    """A training that goes on until it is stopped."""

    def __init__(self, command, log):
        self.status, self.is_stopped = None, False

    def stop(self, grace_s):
        self.is_stopped = True


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(trial_run, "Child", Training)
    return open_study(tmp_path, SWEEP)


SWEEP = Sweep(
    base=parse_config({"env": "Pendulum-v1", "num_steps": 100}, "test"),
    space={"agent.tau": Range(low=0.01, high=0.1)},
)


def evaluate(out, *figures):
    lines = [{"kind": "evaluation", "env_step": 10 * i} | f for i, f in enumerate(figures)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run_dir(out, 0) / METRICS_FILE).write_text(text)


def test_evaluations_are_reported_while_a_training_runs(tmp_path, study):
    run = TrialRun(SWEEP, tmp_path, study.ask())
    evaluate(tmp_path, {"mean_return": -2.0}, {"mean_return": -1.0})
    assert run.poll() == ""
    assert study.trials[0].intermediate_values == {0: -2.0, 10: -1.0}
    assert run.value == -1.5


def test_a_return_that_is_no_number_ends_the_trial_and_is_named(tmp_path, study):
    said = []
    run = TrialRun(SWEEP, tmp_path, study.ask())
    child = run.child
    evaluate(tmp_path, {"mean_return": -2.0}, {"num_episodes": 5})
    runner = Runner(SWEEP, tmp_path, study, 1, said.append)
    runner._active.append(run)
    runner._poll(run)
    assert child.is_stopped
    assert said == [f"trial 0 not finite: an evaluation's return is no number, see {run.log}"]
    assert study.trials[0].state.name == "PRUNED"
    assert (tmp_path / "trials.csv").read_text().splitlines()[1].startswith("0,not finite,")
