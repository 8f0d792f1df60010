import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from small_training import ENV

from rl_agent.benchmarking.lock import hold
from rl_agent.benchmarking.results import KEY, read_results
from rl_agent.cli.bench import default_num_jobs
from rl_agent.cli.bench_settings import GivenBench, plan_jobs
from rl_agent.cli.main import main
from rl_agent.exceptions import ProblemsError

SMALL = ["agent.actor_hidden_dims=[8]", "agent.critic_hidden_dims=[8]", "agent.batch_size=8"]
SMALL += ["learning_starts=10"]


def given(**changes):
    values = {
        "algos": [],
        "envs": [ENV],
        "configs": [],
        "num_seeds": 1,
        "steps": 100,
        "sets": [],
        "final_episodes": None,
        "out": Path("out"),
    }
    return GivenBench(**(values | changes))


def test_seeds_come_last_so_that_every_task_has_results_early():
    jobs = plan_jobs(given(algos=["sac", "td3"], envs=[ENV, "Pendulum-v1"], num_seeds=2))
    short = [(job.label, job.config.env == ENV, job.config.seed) for job in jobs]
    assert short[:5] == [
        ("sac", True, 0),
        ("sac", False, 0),
        ("td3", True, 0),
        ("td3", False, 0),
        ("sac", True, 1),
    ]
    assert len(jobs) == 8
    assert jobs[3].run_dir == Path("out/runs/td3/Pendulum-v1/seed-0")


def test_a_benchmark_looks_twenty_times_and_never_ends_early():
    (job,) = plan_jobs(given(envs=["sim:So101Reach-v0"], steps=4000))
    evaluation = job.config.evaluation
    assert (evaluation.every, evaluation.first, evaluation.num_episodes) == (200, 0, 5)
    assert evaluation.stop_at_success is None  # the task's preset has one
    assert job.config.agent.utd_ratio == 2  # and this is the preset's


def test_what_the_user_says_goes_before(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"env: {ENV}\nalgo: td3\nevaluation: {{every: 7, stop_at_success: 0.5}}\n")
    sets = ["evaluation.num_episodes=3"]
    (job,) = plan_jobs(given(envs=[], configs=[str(file)], sets=sets, final_episodes=4))
    evaluation = job.config.evaluation
    assert (evaluation.every, evaluation.num_episodes, evaluation.num_confirm) == (7, 3, 5)
    assert (evaluation.stop_at_success, job.final_episodes, job.label) == (0.5, 4, "td3")


def test_several_files_are_told_apart(tmp_path):
    files = [tmp_path / name for name in ("slow.yaml", "fast.yaml")]
    for file, rate in zip(files, ("1.0e-4", "1.0e-3"), strict=True):
        file.write_text(f"agent: {{actor_learning_rate: {rate}}}\n")
    jobs = plan_jobs(given(algos=["sac"], configs=[str(file) for file in files]))
    assert [job.label for job in jobs] == ["sac-slow", "sac-fast"]
    assert [job.config.agent.actor_learning_rate for job in jobs] == [1e-4, 1e-3]


def test_the_last_evaluation_has_as_many_episodes_as_published_ones():
    pytest.importorskip("imageio", reason="Gymnasium's MuJoCo tasks import it")
    jobs = plan_jobs(given(envs=["Hopper-v5", "Pendulum-v1"]))
    assert [job.final_episodes for job in jobs] == [10, 100]


def test_the_same_run_twice_is_a_mistake():
    with pytest.raises(ProblemsError, match="asked for twice"):
        plan_jobs(given(algos=["sac", "sac"]))


def test_runs_share_the_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(8), raising=False)
    assert default_num_jobs(plan_jobs(given())) == 8
    assert default_num_jobs(plan_jobs(given(sets=["agent.num_threads=3"]))) == 2
    assert default_num_jobs(plan_jobs(given(sets=["agent.num_threads=9"]))) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--env", ENV, "--algo", "sacc"], "did you mean 'sac'"),
        (["--env", "Pendulm-v1"], "Did you mean: `Pendulum`"),
        (["--env", "CartPole-v1"], "only continuous"),
        (["--env", "double_integrator:Unbounded-v0"], "no bounds"),
        (["--env", ENV, "--set", "agent.utd=3"], "did you mean 'utd_ratio'"),
        ([], "which environment?"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(tmp_path, capsys, arguments, words):
    out = tmp_path / "bench"
    assert main(["bench", "--out", str(out), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
    assert not out.exists()


def arguments(out):
    words = ["bench", "--env", "Pendulum-v1", "--seeds", "2", "--steps", "300", "--out", str(out)]
    words += ["--jobs", "2", "--final-episodes", "2"]
    sets = [*SMALL, "evaluation.every=50", "checkpoint_every_s=0.2"]
    return words + [word for text in sets for word in ("--set", text)]


class Sitting:
    """`surefoot bench` on two seeds of the pendulum, in a process of its own."""

    def __init__(self, out):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rl_agent.cli.main", *arguments(out)],
            stdout=subprocess.PIPE,
            text=True,
        )

    def until_it_learns(self):
        for line in self.process.stdout:
            if re.search(r"seed [01]: step \d+/300", line):
                return
        raise AssertionError("it ended before it learned")

    def end(self):
        output, _ = self.process.communicate(timeout=200)
        return self.process.returncode, output


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_ends_it_the_same_command_goes_on_and_no_run_is_lost_or_doubled(tmp_path, capsys):
    interrupted = Sitting(tmp_path)
    interrupted.until_it_learns()
    interrupted.process.send_signal(signal.SIGINT)
    status, output = interrupted.end()
    assert status == 130
    assert "Go on with the same command" in output

    killed = Sitting(tmp_path)
    killed.until_it_learns()
    killed.process.kill()
    killed.end()
    # Its workers die with it, and the folder is free at once.
    with hold(tmp_path):
        assert not (tmp_path / "table.md").exists()

    status, output = Sitting(tmp_path).end()
    assert status == 0
    assert "finished (2 of 2)" in output
    lines = read_results(tmp_path)
    assert set(Counter(tuple(line[name] for name in KEY) for line in lines).values()) == {1}
    for seed in (0, 1):
        own = [line for line in lines if line["seed"] == seed]
        steps = [line["env_step"] for line in own if line["kind"] == "evaluation"]
        assert steps == [50, 100, 150, 200, 250, 300]
        spent = [line["cpu_s"] for line in own]
        assert spent == sorted(spent)
        assert [line["num_episodes"] for line in own if line["kind"] == "final"] == [2]

    before = (tmp_path / "results.jsonl").read_bytes()
    assert main(arguments(tmp_path)) == 0  # nothing is left to do
    assert "begins" not in capsys.readouterr().out
    assert (tmp_path / "results.jsonl").read_bytes() == before
