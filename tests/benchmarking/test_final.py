import json
import math

import pytest
from small_training import ENV, small_config

from rl_agent.benchmarking.final import write_final
from rl_agent.benchmarking.final_file import FINAL_FILE, is_finished, read_final
from rl_agent.benchmarking.job import Job, write_job
from rl_agent.benchmarking.worker import work
from rl_agent.exceptions import ReturnNotFiniteError
from rl_agent.learning.checkpoint import checkpoints_dir, step_checkpoints
from rl_agent.learning.stop import StopRequest
from rl_agent.learning.training import train


@pytest.fixture
def job(tmp_path):
    run_dir = tmp_path / "run"
    config = small_config(num_steps=60)
    train(config, run_dir)
    return Job(label="sac", config=config, final_episodes=2, run_dir=run_dir)


def test_an_older_checkpoint_in_place_of_a_damaged_one_is_told(job):
    newest, older = step_checkpoints(job.run_dir)
    (newest / "state.json").unlink()
    messages = []
    write_final(job, lambda: False, messages.append)
    (message,) = messages
    assert str(newest) in message
    assert f"taking an older checkpoint, of step {int(older.name)}" in message
    assert read_final(job.run_dir)["env_step"] == int(older.name)


def test_a_return_that_is_no_number_is_a_failure_with_a_name(tmp_path):
    config = small_config(num_steps=40, env_options={"has_rewards": False})
    job = Job(label="sac", config=config, final_episodes=2, run_dir=tmp_path / "run")
    write_job(job)
    told = []
    with pytest.raises(ReturnNotFiniteError, match=f"mean return is nan; .*rewards of {ENV}"):
        work(job, StopRequest(), told.append)
    assert read_final(job.run_dir) is None
    assert not (checkpoints_dir(job.run_dir) / "best").exists()


def test_a_return_that_is_no_number_does_not_count_as_finished(job):
    write_final(job, lambda: False, lambda message: None)
    assert is_finished(job)
    final = read_final(job.run_dir) | {"mean_return": math.nan}
    (job.run_dir / FINAL_FILE).write_text(json.dumps(final))
    assert not is_finished(job)
