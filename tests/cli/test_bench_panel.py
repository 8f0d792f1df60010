import io
from pathlib import Path

import pytest
from small_training import small_config

from rl_agent.benchmarking.job import Job
from rl_agent.cli.bench_panel import LiveDisplay, PlainDisplay, progress_text

JOB = Job(label="sac", config=small_config(), final_episodes=2, run_dir=Path("run"))
NAME = "sac double_integrator:DoubleIntegrator-v0 seed 3"
TOLD = {"env_step": 50, "num_steps": 100, "evaluation": None, "steps_per_s": 25.2}
TOLD["time_left_s"] = 2.0


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (TOLD, "step 50/100, 25 steps/s, 2 s left"),
        (TOLD | {"evaluation": -3.25}, "step 50/100, evaluation -3.2, 25 steps/s, 2 s left"),
        ({"message": "resumed at step 30"}, "resumed at step 30"),
        (TOLD | {"message": "last evaluation"}, "last evaluation"),
    ],
)
def test_a_run_is_told_in_one_line(told, text):
    assert progress_text(told) == text


def test_lines_come_at_beginnings_evaluations_and_ends(capsys):
    display = PlainDisplay(num_jobs=4, num_finished=2)
    display.begin(JOB)
    display.show(JOB, {"message": "update: eager"})
    display.show(JOB, TOLD)
    for _ in range(2):
        display.show(JOB, TOLD | {"evaluation": 1.0})
    display.end(JOB, None)
    display.end(JOB, "it diverged")
    assert capsys.readouterr().out.splitlines() == [
        f"{NAME}: begins",
        f"{NAME}: step 50/100, evaluation 1.0, 25 steps/s, 2 s left",
        f"{NAME}: finished (3 of 4)",
        f"{NAME}: FAILED: it diverged",
    ]


def test_the_panel_has_a_line_per_running_job():
    from rich.console import Console
    from rich.live import Live

    console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
    with Live(console=console, auto_refresh=False) as live:
        display = LiveDisplay(live, num_jobs=2, num_finished=0)
        display.begin(JOB)
        display.show(JOB, TOLD)
        display.show(JOB, {"message": "last evaluation"})
        display.end(JOB, None)
    text = console.export_text()
    assert "step 50/100, 25 steps/s" in text
    assert "last evaluation" in text
    assert f"{NAME}: finished (1 of 2)" in text
