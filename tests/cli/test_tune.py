import os
import signal
import subprocess
import sys

import psutil
import pytest
from waiting import wait_until

from rl_agent.cli.main import main

pytest.importorskip("optuna", reason="sweeps need the `tune` extra")
TINY = ["--env", "Pendulum-v1", "--steps", "300", "--set", "evaluation.num_episodes=1"]
TINY += ["--set", "evaluation.num_confirm=1", "--set", 'agent.compile="off"']
TINY += ["--set", "learning_starts=50", "--set", "checkpoint_every_s=0.2"]
SPACE = "agent.tau: {low: 0.001, high: 0.1, log: true}\nagent.batch_size: {choices: [8, 16]}\n"
TRIALS = 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "which environment"),
        (["--resume"], "there is no sweep here"),
        (["--env", "Pendulum-v1", "--resume"], "keeps its settings"),
    ],
)
def test_mistakes_are_told_without_a_trace(tmp_path, capsys, arguments, words):
    assert main(["tune", "--out", str(tmp_path / "sweep"), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_sweep_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "sweep.yaml").write_text("schema_version: 1\n")
    assert main(["tune", "--out", str(tmp_path), "--env", "Pendulum-v1"]) == 2
    assert "add --resume" in capsys.readouterr().err


def test_without_optuna_one_line_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["tune", "--out", str(tmp_path / "sweep"), "--env", "Pendulum-v1"]) == 2
    error = capsys.readouterr().err
    assert "pip install 'surefoot[tune]'" in error
    assert error.count("\n") == 1


def begin(out, space):
    command = [sys.executable, "-m", "rl_agent.cli.main", "tune", "--out", str(out), *TINY]
    command += ["--trials", str(TRIALS), "--space", str(space)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)


@pytest.mark.slow
def test_a_killed_sweep_goes_on_and_loses_no_trial(tmp_path, capsys):
    out, space = tmp_path / "sweep", tmp_path / "space.yaml"
    space.write_text(SPACE)
    process = begin(out, space)
    # In the middle of the second trial.
    wait_until((out / "trials" / "0001" / "checkpoints").exists, 120.0)
    children = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert psutil.wait_procs(children, timeout=5.0)[1] == []
    first = (out / "trials.csv").read_text().splitlines()[1]
    assert main(["tune", "--resume", "--out", str(out), "--trials", str(TRIALS)]) == 0
    lines = (out / "trials.csv").read_text().splitlines()
    assert lines[1] == first
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2"]
    assert all(line.split(",")[1] == "finished" for line in lines[1:])
    assert sorted(path.name for path in (out / "trials").glob("*[0-9]")) == ["0000", "0001", "0002"]
    assert f"Next: surefoot train --config {out / 'best.yaml'}" in capsys.readouterr().out


@pytest.mark.slow
def test_ctrl_c_ends_it_with_the_line_that_goes_on(tmp_path):
    out, space = tmp_path / "sweep", tmp_path / "space.yaml"
    space.write_text(SPACE)
    process = begin(out, space)
    wait_until((out / "trials" / "0000").exists, 120.0)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"Stopped; no trial is lost. Go on with: surefoot tune --resume --out {out}" in output
