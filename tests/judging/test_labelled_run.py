"""From a person's labels and a journal to a classifier, and what the verb says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from rl_agent.cli.judge import app
from rl_agent.data.journal import JournalWriter
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import JudgingError
from rl_agent.judging.label import LABELS, Label, read_labels
from rl_agent.judging.labelled_run import read_labelled
from rl_agent.judging.success_classifier import read_classifier
from rl_agent.types import Transition

LAYOUT = TransitionLayout(obs_dim=1, act_dim=1, context_dim=1, goal_dim=1)
TASK = {"task": "Line"}
ONE = np.zeros(1, np.float32)


def append(journal, context, goal=0.0, *, reward=0.0, terminated=False):
    step = Transition(
        *([ONE] * 4),
        reward=reward,
        terminated=terminated,
        truncated=False,
        next_obs=ONE,
        context=ONE,
        next_context=np.array([context], np.float32),
        goal=np.array([goal], np.float32),
    )
    journal.append(step)


def label(context, goal=0.0, *, is_success=True, judge="human", task=TASK):
    return Label(
        judge=judge,
        is_success=is_success,
        env_step=0,
        unix_s=0.0,
        task=task,
        policy_hz=10.0,
        context=[context],
        goal=[goal],
    )


def write_run(run_dir, *, num_episodes=1, **options):
    """Episodes of 40 steps from 1 to 0, of which a person calls the last one a success."""
    run_dir.mkdir()
    with (run_dir / LABELS).open("w") as labels:
        journal = JournalWriter(run_dir / "journal", LAYOUT)
        for _ in range(num_episodes):
            for context in np.linspace(1.0, 0.0, 40):
                is_end = context == 0.0
                append(journal, context, reward=float(is_end), terminated=bool(is_end))
            labels.write(label(0.0, **options).to_json() + "\n")
        journal.close()
    return run_dir, run_dir / "journal"


def test_the_second_before_a_success_is_neither(tmp_path):
    steps = read_labelled([write_run(tmp_path / "run")])
    # 40 steps without the last one and the ten before it, and the label.
    assert len(steps.contexts) == 40 - 11 + 1
    assert steps.is_success.tolist() == [False] * 29 + [True]
    assert steps.contexts[:, 0].min() == 0.0 and steps.contexts[:-1, 0].min() > 0.25
    assert steps.task == TASK


def test_a_reading_that_is_not_finite_teaches_nothing(tmp_path):
    folders = write_run(tmp_path / "run")
    journal = JournalWriter(folders[1], LAYOUT)
    append(journal, np.nan)
    journal.close()
    assert len(read_labelled([folders]).contexts) == 30


def test_a_failure_is_a_step_like_others_and_what_a_classifier_said_is_no_label(tmp_path):
    run_dir, journal = write_run(tmp_path / "run")
    with (run_dir / LABELS).open("a") as labels:
        labels.write(label(0.5, is_success=False).to_json() + "\n")
        labels.write(label(0.5, judge="classifier 12ab").to_json() + "\n")
    assert read_labelled([(run_dir, journal)]).is_success.sum() == 1
    with pytest.raises(JudgingError, match="no labels by a person"):
        read_labelled([write_run(tmp_path / "other", judge="classifier 12ab")])


def test_a_label_of_something_that_was_not_measured_can_be_written_and_teaches_nothing(tmp_path):
    path = tmp_path / LABELS
    path.write_text(label(np.nan).to_json() + "\n" + label(0.5).to_json() + "\n")
    assert json.loads(path.read_text().splitlines()[0])["context"] == [None]
    assert [found.context for found in read_labels(path)] == [[0.5]]


def test_runs_of_different_tasks_are_not_mixed(tmp_path):
    runs = [write_run(tmp_path / "a"), write_run(tmp_path / "b", task={"task": "Other"})]
    with pytest.raises(JudgingError, match="different tasks"):
        read_labelled(runs)
    assert read_labelled([runs[0], runs[0]]).is_success.sum() == 2


def run_verb(*arguments):
    program = typer.Typer()
    program.add_typer(app, name="judge")
    return CliRunner().invoke(program, ["judge", "fit", *map(str, arguments)])


def test_the_verb_writes_a_classifier_and_says_how_well_it_does(tmp_path):
    run_dir, _ = write_run(tmp_path / "run", num_episodes=30)
    result = run_verb(run_dir)
    assert result.exception is None, result.output
    # 30 successes, 30 times 29 other steps.
    assert "30 successes, 870 other steps" in result.output
    assert "finds 100%" in result.output and "0.00% of the others" in result.output
    classifier = read_classifier(run_dir / "judge.json")
    near, far = np.array([[0.02]]), np.array([[0.6]])
    assert classifier.is_sure(near, np.zeros((1, 1)))
    assert not classifier.is_sure(far, np.zeros((1, 1)))


def test_the_verb_writes_where_it_is_told(tmp_path):
    run_dir, _ = write_run(tmp_path / "run", num_episodes=10)
    result = run_verb(run_dir, "--out", tmp_path / "place.json")
    assert result.exception is None, result.output
    assert read_classifier(tmp_path / "place.json").task == TASK
    assert not (run_dir / "judge.json").exists()
