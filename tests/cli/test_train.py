import io
import os
import signal
import subprocess
import sys
import time

import pytest
from small_training import ENV

from rl_agent.cli.display import LiveDisplay, PlainDisplay
from rl_agent.cli.main import main
from rl_agent.cli.train_panel import TrainPanel, rows, time_text
from rl_agent.cli.train_settings import slug
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.evaluate import Score
from rl_agent.learning.progress import Progress, Rates

SMALL = ["--set", "agent.actor_hidden_dims=[8]", "--set", "agent.critic_hidden_dims=[8]"]
SMALL += ["--set", "evaluation.num_episodes=2", "--set", "evaluation.num_confirm=2"]
SMALL += ["--set", "learning_starts=10", "--set", "agent.batch_size=8"]


def progress(**changes):
    values = {
        "env_step": 500,
        "num_steps": 1000,
        "gradient_step": 400,
        "mean_return": -3.25,
        "newest_evaluation": Score(mean_return=1.0, success_rate=0.95),
        "best": None,
        "best_step": None,
        "intervention_share": 0.25,
        "num_quarantined": 0,
        "rates": Rates(50.0, 100.0, 10.0),
    }
    return Progress(**(values | changes))


def test_train_then_resume_for_longer(tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["train", "--env", ENV, "--steps", "30", "--out", out, *SMALL]) == 0
    text = capsys.readouterr().out
    assert "Trained for 30 steps and 20 updates" in text
    assert "Best policy: step 30" in text
    assert main(["train", "--resume", "--out", out, "--steps", "40"]) == 0
    assert "resumed at step 30" in capsys.readouterr().out
    assert load_checkpoint(tmp_path / "run").env_step == 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--env", "CartPole-v1"], "only continuous"),
        (["--env", "double_integrator:Unbounded-v0"], "no bounds"),
        (["--env", "NoSuch-v0"], "doesn't exist"),
        (["--resume"], "no training run here"),
        (["--env", ENV, "--set", "agent.utd=3"], "did you mean 'utd_ratio'"),
        (["--env", ENV, "--algo", "sacc"], "did you mean 'sac'"),
    ],
)
def test_mistakes_are_told_without_a_trace(tmp_path, capsys, arguments, words):
    assert main(["train", "--out", str(tmp_path / "run"), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_run_is_not_overwritten(tmp_path, capsys):
    arguments = ["train", "--env", ENV, "--steps", "12", "--out", str(tmp_path), *SMALL]
    assert main(arguments) == 0
    assert main(arguments) == 2
    assert "add --resume" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_within_three_seconds_with_a_whole_checkpoint(tmp_path, number, status):
    command = [sys.executable, "-m", "rl_agent.cli.main", "train", "--env", "Pendulum-v1"]
    command += ["--steps", "1000000", "--out", str(tmp_path), "--set", "evaluation.every=1000000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    begun = tmp_path / "checkpoints" / "000000000"
    deadline = time.monotonic() + 60.0
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    started = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert time.monotonic() - started < 3.0
    assert process.returncode == status
    assert "the checkpoint is whole. Go on with: surefoot train --resume --out" in output
    assert load_checkpoint(tmp_path).env_step >= 0


def test_plain_lines_come_at_evaluations_and_now_and_then(capsys):
    display = PlainDisplay()
    panel = TrainPanel(display)
    panel.show(progress())
    panel.show(progress(newest_evaluation=None))
    panel.show(progress(newest_evaluation=None))
    display.say("a message")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "step 500/1000" in lines[0]
    assert lines[2] == "a message"


def test_both_displays_show_the_same_figures():
    shown = dict(rows(progress(num_quarantined=2)))
    assert shown["return"] == "-3.2"
    assert shown["evaluation"] == "success 95 %"
    assert shown["best"] == "-"
    assert shown["speed"] == "50 steps/s and 100 updates/s"
    assert shown["time left"] == "10 s"
    assert shown["changed by limits"] == "25.0 % of steps"
    assert shown["quarantined"].startswith("2 steps")
    assert "quarantined" not in dict(rows(progress()))


def test_the_panel_is_drawn():
    from rich.console import Console
    from rich.live import Live

    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    with Live(console=console, auto_refresh=False) as live:
        TrainPanel(LiveDisplay(live, "title")).show(progress())
        live.refresh()
    text = console.export_text()
    assert "title" in text
    assert "500/1000" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (42.4, "42 s"), (180.0, "3 min"), (9000.0, "2.5 h")]
)
def test_durations_for_people(seconds, text):
    assert time_text(seconds) == text


def test_a_folders_name_from_an_id():
    assert slug("sim:So101Reach-v0") == "So101Reach-v0"
    assert slug("ALE/Pong-v5") == "ALE-Pong-v5"
