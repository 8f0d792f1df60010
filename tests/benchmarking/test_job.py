import json
from dataclasses import replace

import pytest
from small_training import small_config

from rl_agent.benchmarking.code_version import note_version, noted_version
from rl_agent.benchmarking.final_file import is_finished
from rl_agent.benchmarking.job import Job, read_job, write_job
from rl_agent.benchmarking.lock import hold
from rl_agent.exceptions import ProblemsError


@pytest.fixture
def job(tmp_path):
    return Job(label="mine", config=small_config(), final_episodes=2, run_dir=tmp_path / "run")


def test_what_is_asked_for_can_be_read_back(job):
    write_job(job)
    assert read_job(job.run_dir) == job
    write_job(job)
    assert read_job(job.run_dir) == job


def test_more_steps_and_other_looks_make_a_run_longer(job):
    write_job(job)
    config = small_config(num_steps=200, evaluation={"every": 10, "num_episodes": 3})
    longer = replace(job, config=config, final_episodes=5)
    write_job(longer)
    assert read_job(job.run_dir) == longer


def test_other_settings_and_fewer_steps_are_refused_by_name(job):
    write_job(job)
    config = small_config(num_steps=50, agent={"batch_size": 8})
    with pytest.raises(ProblemsError) as caught:
        write_job(replace(job, config=config))
    assert [problem.path for problem in caught.value.problems] == [
        "train.agent.batch_size",
        "train.num_steps",
    ]
    assert "was 16, not 8; take another --out" in str(caught.value)
    assert read_job(job.run_dir) == job


@pytest.mark.parametrize(
    ("env_step", "num_episodes", "expected"),
    [(100, 2, True), (99, 2, False), (100, 1, False), (120, 2, True)],
)
def test_it_is_finished_with_the_steps_and_episodes_asked_for(
    job, env_step, num_episodes, expected
):
    assert not is_finished(job)
    write_job(job)
    final = {"env_step": env_step, "num_episodes": num_episodes, "mean_return": 1.0}
    (job.run_dir / "final.json").write_text(json.dumps(final))
    assert is_finished(job) is expected


def test_a_run_knows_when_its_code_changed(tmp_path):
    assert noted_version(tmp_path) == "unknown"
    note_version(tmp_path, "abc")
    note_version(tmp_path, "abc")
    assert noted_version(tmp_path) == "abc"
    note_version(tmp_path, "def+")
    assert noted_version(tmp_path) == "abc..def+"


def test_a_folder_is_for_one_benchmark_at_a_time(tmp_path):
    with hold(tmp_path), pytest.raises(ProblemsError, match="another benchmark"):
        hold(tmp_path).__enter__()
    with hold(tmp_path):
        pass
