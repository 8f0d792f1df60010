import os
import shutil

import numpy as np
import pytest
from double_integrator import DoubleIntegrator
from small_training import StopAfter, assert_same_end, small_config

from rl_agent.algorithms.sac import Sac
from rl_agent.data import folder_lock
from rl_agent.data.folder_lock import hold_journal, hold_run
from rl_agent.data.journal import JournalReader
from rl_agent.exceptions import BusyError, CheckpointError, ProblemsError, TrainingDivergedError
from rl_agent.learning import value_guard
from rl_agent.learning.checkpoint import (
    checkpoints_dir,
    load_checkpoint,
    save_checkpoint,
    step_checkpoints,
    step_name,
)
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import journal_dir, read_config
from rl_agent.learning.training import TrainHooks, train
from rl_agent.types import Reason


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """A run that nothing interrupted."""
    run_dir = tmp_path_factory.mktemp("runs") / "whole"
    return run_dir, train(small_config(), run_dir)


def test_a_run_leaves_all_that_is_needed_to_go_on_and_to_export(whole_run):
    run_dir, result = whole_run
    assert (result.is_finished, result.env_step, result.gradient_step) == (True, 100, 80)
    assert len(JournalReader(journal_dir(run_dir)).read().rows) == 100
    assert load_checkpoint(run_dir).env_step == 100
    assert len(step_checkpoints(run_dir)) == 2
    best = load_checkpoint(run_dir, "best")
    assert best.env_step == result.best_step
    assert all(name.startswith("actor.") for name in best.tensors)
    config = read_config(run_dir)
    assert config.agent.gamma == 0.9  # the task's, since none was given
    assert [line["env_step"] for line in read_metrics(run_dir) if line["kind"] == "evaluation"] == [
        40,
        80,
        100,
    ]


# Looks: one per step, and one per action of an evaluation (40 or 80 of them after step 40).
@pytest.mark.parametrize("looks", [1, 30, 60, 130, 210])
def test_a_stopped_run_goes_on_bit_by_bit(whole_run, tmp_path, looks):
    run_dir = tmp_path / "run"
    stopped = train(small_config(), run_dir, stop=StopAfter(looks))
    assert not stopped.is_finished
    result = train(read_config(run_dir), run_dir, should_resume=True)
    assert result.is_finished
    assert_same_end(whole_run[0], run_dir)


@pytest.mark.parametrize("looks", [30, 150])
def test_a_killed_run_goes_on_bit_by_bit_from_an_older_checkpoint(whole_run, tmp_path, looks):
    run_dir = tmp_path / "run"
    train(small_config(), run_dir, stop=StopAfter(looks))
    # As after a kill: the journal is ahead of the checkpoint, and ends within a record.
    newest, before, *_ = step_checkpoints(run_dir)
    shutil.rmtree(newest)
    with (journal_dir(run_dir) / "000000.journal").open("ab") as file:
        file.write(b"half a record")
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    train(read_config(run_dir), run_dir, should_resume=True, hooks=hooks)
    assert any("13 bytes was dropped" in message for message in messages)
    assert f"resumed at step {int(before.name)}" in messages
    assert_same_end(whole_run[0], run_dir)


def test_a_damaged_checkpoint_is_told_and_passed_over(whole_run, tmp_path):
    run_dir = tmp_path / "run"
    train(small_config(), run_dir, stop=StopAfter(40))
    newest = step_checkpoints(run_dir)[0]
    (newest / "state.json").write_text("{}")
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    train(read_config(run_dir), run_dir, should_resume=True, hooks=hooks)
    assert any("taking an older checkpoint" in message for message in messages)
    assert_same_end(whole_run[0], run_dir)


def test_a_record_spoilt_at_the_end_of_a_segment_costs_a_training_that_record_alone(tmp_path):
    config = small_config(journal={"segment_records": 10})
    train(config, tmp_path, stop=StopAfter(40))
    newest = int(step_checkpoints(tmp_path)[0].name)
    assert newest > 10
    segment = journal_dir(tmp_path) / "000000.journal"
    data = segment.read_bytes()
    segment.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    train(read_config(tmp_path), tmp_path, should_resume=True, hooks=hooks)
    assert f"resumed at step {newest}" in messages
    assert any("1 records are damaged and left out" in message for message in messages)
    assert len(JournalReader(journal_dir(tmp_path)).read().rows) == 99


def test_without_a_checkpoint_it_begins_again_and_keeps_the_steps(whole_run, tmp_path):
    run_dir = tmp_path / "run"
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    for number in (1, 2):
        train(small_config(), run_dir, should_resume=True, stop=StopAfter(40), hooks=hooks)
        before = JournalReader(journal_dir(run_dir)).read().rows
        shutil.rmtree(checkpoints_dir(run_dir))
        train(read_config(run_dir), run_dir, should_resume=True, hooks=hooks)
        assert_same_end(whole_run[0], run_dir)
        aside = run_dir / f"journal-unread-{number}"
        assert JournalReader(aside).read().rows.tobytes() == before.tobytes()
        said = f"begins at step 0; the {len(before)} steps from before are kept in {aside}"
        assert any(said in message for message in messages)


@pytest.mark.parametrize("damage", ["checkpoints", "journal"])
def test_a_run_none_of_whose_checkpoints_holds_is_refused_and_not_wiped(tmp_path, damage):
    run_dir = tmp_path / "run"
    train(small_config(), run_dir, stop=StopAfter(40))
    first = journal_dir(run_dir) / "000000.journal"
    num_rows = len(JournalReader(journal_dir(run_dir)).read().rows)
    found = step_checkpoints(run_dir)
    if damage == "checkpoints":
        for path in found:
            (path / "state.json").write_text("{}")
    else:
        # The oldest is of step 0, which any journal supports.
        shutil.rmtree(found[-1])
        os.truncate(first, first.read_bytes().index(b"\n") + 1)
        num_rows = 0
    bytes_before = first.read_bytes()
    with pytest.raises(CheckpointError, match="no whole checkpoint") as caught:
        train(read_config(run_dir), run_dir, should_resume=True)
    for path in step_checkpoints(run_dir):
        assert str(path) in str(caught.value)
    said = str(caught.value)
    assert f"Nothing was changed; {num_rows} steps are in {journal_dir(run_dir)}" in said
    assert (f"--set replay.demonstrations={run_dir}" in said) == bool(num_rows)
    assert first.read_bytes() == bytes_before


def test_a_finished_run_can_be_made_longer(whole_run, tmp_path):
    run_dir = tmp_path / "run"
    train(small_config(num_steps=80), run_dir)
    train(small_config(), run_dir, should_resume=True)
    assert_same_end(whole_run[0], run_dir)


def test_a_folder_with_a_run_is_not_overwritten(whole_run):
    run_dir, _ = whole_run
    before = load_checkpoint(run_dir).env_step
    with pytest.raises(ProblemsError, match="add --resume"):
        train(small_config(), run_dir)
    assert load_checkpoint(run_dir).env_step == before


@pytest.mark.parametrize(
    ("hold", "folder"), [(hold_run, lambda run: run), (hold_journal, journal_dir)]
)
def test_a_run_that_another_process_works_on_is_left_alone(tmp_path, monkeypatch, hold, folder):
    monkeypatch.setattr(folder_lock, "PATIENCE_S", 0.0)
    run_dir = tmp_path / "run"
    train(small_config(), run_dir, stop=StopAfter(40))
    files = {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}
    with hold(folder(run_dir)), pytest.raises(BusyError, match=f"process {os.getpid()}"):
        train(read_config(run_dir), run_dir, should_resume=True)
    assert {path: path.read_bytes() for path in files} == files
    train(read_config(run_dir), run_dir, should_resume=True)
    assert load_checkpoint(run_dir).env_step == 100


def test_another_seed_gives_another_run(whole_run, tmp_path):
    train(small_config(seed=4, num_steps=40), tmp_path)
    own = JournalReader(journal_dir(tmp_path)).read().rows
    assert not np.array_equal(own, JournalReader(journal_dir(whole_run[0])).read().rows[:40])


def test_evaluations_and_checkpoints_do_not_touch_training(whole_run, tmp_path):
    config = small_config(evaluation={"every": 7}, checkpoint_every_s=1e6)
    train(config, tmp_path)
    own, other = load_checkpoint(tmp_path), load_checkpoint(whole_run[0])
    for name, tensor in own.tensors.items():
        assert np.array_equal(tensor, other.tensors[name]), name


def test_relabelling_where_there_are_no_goals_is_refused(tmp_path):
    config = small_config(env="Pendulum-v1")
    with pytest.raises(ProblemsError, match="no goals"):
        train(config, tmp_path)


def test_an_environment_without_state_restarts_its_episode_and_says_so(tmp_path):
    config = small_config(env="Pendulum-v1", relabel={"fraction": 0.0}, num_steps=60)
    train(config, tmp_path, stop=StopAfter(30))
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    result = train(config, tmp_path, should_resume=True, hooks=hooks)
    assert result.is_finished
    assert any("can't save its state" in message for message in messages)


def test_readings_that_are_no_numbers_poison_nothing(tmp_path):
    config = small_config(
        env_options={"breaks_at": 50}, num_steps=80, evaluation={"every": 1000, "num_episodes": 1}
    )
    seen = []
    hooks = TrainHooks(on_progress=seen.append)
    result = train(config, tmp_path, hooks=hooks)
    assert result.gradient_step == 60
    assert seen[-1].num_quarantined == 31  # the row that led there, and 30 after it
    assert all(np.isfinite(t).all() for t in load_checkpoint(tmp_path).tensors.values())


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(tmp_path):
    config = small_config(
        agent={"critic_learning_rate": 1e30, "use_layer_norm": False}, checkpoint_every_s=1e-9
    )
    with pytest.raises(TrainingDivergedError, match="is not finite at step"):
        train(config, tmp_path)
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.env_step >= 20
    assert all(np.isfinite(tensor).all() for tensor in checkpoint.tensors.values())


def test_a_divergence_is_explained_and_leaves_a_checkpoint_from_before(tmp_path, monkeypatch):
    values = iter([{"q_mean": 0.1}] + [{"q_mean": 1e6}] * 3)
    monkeypatch.setattr(Sac, "metrics", lambda agent: dict(next(values)))
    monkeypatch.setattr(value_guard, "LEAST_REWARDS", 1)
    config = small_config(checkpoint_every_s=1e-9, health_every=25)
    with pytest.raises(TrainingDivergedError, match="the checkpoint of step 25 stays") as caught:
        train(config, tmp_path)
    # Step 25 was fine; at 50, 75 and 100 it was not.
    assert "by step 100: the critics expect 1e+06" in str(caught.value)
    assert "Training stopped at step 100" in str(caught.value)
    assert [int(path.name) for path in step_checkpoints(tmp_path)] == [25]
    kinds = [line["kind"] for line in read_metrics(tmp_path)]
    assert kinds[-2:] == ["health", "diverged"]


def test_steps_that_a_limit_changed_are_counted_and_no_others(tmp_path, monkeypatch):
    step, given = DoubleIntegrator.step, iter(25 * [Reason.VELOCITY] + 75 * [Reason.START_RAMP])

    def limited(env, action):
        *result, info = step(env, action)
        return *result, info | {"reasons": int(next(given))}

    monkeypatch.setattr(DoubleIntegrator, "step", limited)
    # Stopped before the evaluation of the end, which steps as well.
    train(small_config(evaluation={"every": 1000}), tmp_path, stop=StopAfter(100))
    lines = [line for line in read_metrics(tmp_path) if line["kind"] == "train"]
    assert [line["intervention_share"] for line in lines] == [1.0, 0.5, 25 / 75, 0.25]


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    train(small_config(num_steps=30), tmp_path)
    checkpoint = load_checkpoint(tmp_path)
    save_checkpoint(
        tmp_path,
        step_name(31),
        env_step=31,
        values=checkpoint.values,
        tensors={"actor.weight": np.zeros(3, np.float32)},
    )
    with pytest.raises(CheckpointError, match="does not fit"):
        train(small_config(num_steps=30), tmp_path, should_resume=True)


def test_it_ends_early_once_fresh_episodes_succeed(tmp_path):
    config = small_config(
        env_options={"tolerance": 1e3},
        num_steps=1000,
        evaluation={"every": 40, "stop_at_success": 0.9, "stop_after": 2},
    )
    result = train(config, tmp_path)
    assert result.has_met_target
    assert (result.env_step, result.best.success_rate) == (80, 1.0)


@pytest.mark.slow
def test_it_learns_to_bring_a_point_to_its_goal(tmp_path):
    config = small_config(
        num_steps=1500,
        learning_starts=200,
        agent={
            "actor_hidden_dims": [64, 64],
            "critic_hidden_dims": [64, 64],
            "batch_size": 64,
            "dropout_rate": 0.0,
            "num_qs": 2,
            "policy_delay": 1,
            "actor_learning_rate": 2e-3,
            "critic_learning_rate": 2e-3,
            "alpha_learning_rate": 2e-3,
        },
        evaluation={"every": 500, "num_episodes": 20, "num_confirm": 20},
        checkpoint_every_s=5.0,
    )
    result = train(config, tmp_path)
    # Standing still fails but where the goal is within 0.1 of 0, a tenth of the goals.
    assert result.best.success_rate >= 0.9


def test_learning_rates_reach_their_end_with_the_run(tmp_path):
    agent = {"learning_rate_end": 0.5, "utd_ratio": 2.0}
    train(small_config(num_steps=60, agent=agent), tmp_path / "falling")
    # After 20 steps two updates each.
    assert read_config(tmp_path / "falling").agent.decay_updates == 80
    own = {"learning_rate_end": 0.5, "decay_updates": 7}
    train(small_config(num_steps=30, agent=own), tmp_path / "own")
    assert read_config(tmp_path / "own").agent.decay_updates == 7
    train(small_config(num_steps=30), tmp_path / "steady")
    assert read_config(tmp_path / "steady").agent.decay_updates is None


def test_a_longer_run_keeps_its_schedules_whatever_the_caller_leaves_open(tmp_path):
    agent = {"learning_rate_end": 0.5, "utd_ratio": 2.0}
    train(small_config(num_steps=60, agent=agent), tmp_path)
    train(small_config(num_steps=100, agent=agent), tmp_path, should_resume=True)
    config = read_config(tmp_path)
    assert config.num_steps == 100
    assert (config.agent.decay_updates, config.replay.importance_steps) == (80, 60)


@pytest.mark.parametrize("exploration", ["ou", "pink", "gsde", "repeated"])
def test_a_run_whose_noise_lasts_goes_on_bit_by_bit(tmp_path, exploration):
    config = small_config(num_steps=60, agent={"exploration": exploration})
    train(config, tmp_path / "whole")
    train(config, tmp_path / "run", stop=StopAfter(33))
    # Stopped within an episode, it goes on with that episode's noise.
    assert load_checkpoint(tmp_path / "run").values["agent"]["exploration"]
    train(config, tmp_path / "run", should_resume=True)
    assert_same_end(tmp_path / "whole", tmp_path / "run")


def test_noise_begins_anew_with_each_episode(tmp_path, monkeypatch):
    ends = []
    monkeypatch.setattr(Sac, "end_episode", lambda agent: ends.append(1))
    train(small_config(num_steps=50), tmp_path)
    assert len(ends) == load_checkpoint(tmp_path).values["counters"]["episode"] > 0
