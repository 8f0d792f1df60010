import pytest
from small_training import small_config

from rl_agent.benchmarking.final import write_final
from rl_agent.benchmarking.final_file import read_final
from rl_agent.benchmarking.job import Job
from rl_agent.learning.checkpoint import step_checkpoints
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
