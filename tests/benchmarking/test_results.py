import json
from dataclasses import replace

import pytest
from bench_lines import evaluation, line
from small_training import small_config

from rl_agent.benchmarking.job import Job
from rl_agent.benchmarking.results import RESULTS_FILE, append_results, read_results, run_lines
from rl_agent.benchmarking.worker import work
from rl_agent.learning.resolve import resolve_config
from rl_agent.learning.run_folder import write_config
from rl_agent.learning.stop import StopRequest


@pytest.fixture
def job(tmp_path):
    return Job(label="sac", config=small_config(), final_episodes=2, run_dir=tmp_path)


def test_what_is_there_is_not_appended_again(tmp_path):
    first = [evaluation("sac", 0, 100, 1.0), line("sac", "Pendulum-v1", 0, 2.0)]
    append_results(tmp_path, first)
    append_results(tmp_path, [*first, line("sac", "Pendulum-v1", 1, 3.0)])
    assert [entry["mean_return"] for entry in read_results(tmp_path)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "change", [{"commit": "b"}, {"env_step": 5}, {"num_episodes": 5}, {"kind": "evaluation"}]
)
def test_other_code_steps_or_episodes_are_another_result(tmp_path, change):
    append_results(tmp_path, [line("sac", "Pendulum-v1", 0, 1.0)])
    append_results(tmp_path, [line("sac", "Pendulum-v1", 0, 1.0, **change)])
    assert len(read_results(tmp_path)) == 2


def test_a_line_that_a_kill_cut_off_is_written_anew(tmp_path):
    entries = [line("sac", "Pendulum-v1", seed, 1.0) for seed in (0, 1)]
    append_results(tmp_path, entries)
    path = tmp_path / RESULTS_FILE
    path.write_bytes(path.read_bytes()[:-20])
    assert len(read_results(tmp_path)) == 1
    append_results(tmp_path, entries)
    assert read_results(tmp_path) == entries
    assert path.read_bytes().count(b"\n") == 2


def test_a_run_that_is_not_finished_has_no_lines(job):
    assert run_lines(job) == []


def test_a_finished_run_gives_its_evaluations_and_the_last_one(job):
    metrics = [
        {"kind": "episode", "env_step": 10, "return": 1.0},
        {"kind": "evaluation", "env_step": 40, "mean_return": 3.0, "num_episodes": 1, "cpu_s": 1.5},
    ]
    text = "".join(json.dumps(entry) + "\n" for entry in metrics)
    (job.run_dir / "metrics.jsonl").write_text(text)
    write_config(job.run_dir, job.config)
    final = {"env_step": 100, "mean_return": 4.0, "num_episodes": 2, "cpu_s": 3.0}
    about = {"commit": "abc", "hardware": "a processor"}
    (job.run_dir / "final.json").write_text(json.dumps(final | about))
    first, last = run_lines(job)
    key = ("kind", "commit", "seed", "env_step", "mean_return", "cpu_s")
    assert [first[name] for name in key] == ["evaluation", "abc", 3, 40, 3.0, 1.5]
    assert [last[name] for name in key] == ["final", "abc", 3, 100, 4.0, 3.0]
    assert last["settings"]["agent"]["batch_size"] == 16


def test_a_run_that_was_made_longer_tells_for_which_steps_its_schedules_were(job):
    agent = {"learning_rate_end": 0.5}
    write_config(job.run_dir, resolve_config(small_config(num_steps=60, agent=agent), 0.9))
    longer = replace(job, config=small_config(num_steps=70, agent=agent))
    work(longer, StopRequest(), lambda told: None)
    *_, last = run_lines(longer)
    assert (last["env_step"], last["schedule_end"]) == (70, 60)
    assert last["settings"]["agent"]["decay_updates"] == 40
