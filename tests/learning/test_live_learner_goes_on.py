"""A live learner that is stopped or killed goes on from its checkpoint and the robot's journal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from twin_robot import STARTS, TwinRobot, begun_run, hooks, live_config, settle

from rl_agent.data import folder_lock
from rl_agent.data.journal import JournalConfig, JournalReader, JournalWriter
from rl_agent.exceptions import BusyError
from rl_agent.learning.checkpoint import step_checkpoints
from rl_agent.learning.live_training import open_live, prepare_live_run
from rl_agent.learning.run_folder import journal_dir


@pytest.fixture
def config():
    return live_config()


@pytest.fixture
def robot(tmp_path, config):
    with begun_run(tmp_path, config) as robot:
        yield robot


def test_a_killed_learner_goes_on_from_checkpoint_and_journal(tmp_path, config, robot):
    with open_live(tmp_path, hooks()) as learner:
        robot.live(STARTS + 5)
        settle(learner)
        learner.save()
        robot.live(5)
        settle(learner)
        # ... and here it is killed: what came after the checkpoint is lost to it.
        version = learner.state.policy_version
    messages: list[str] = []
    with open_live(tmp_path, hooks(messages)) as learner:
        assert learner.counters.env_step == STARTS + 5
        assert learner.parts.agent.gradient_step == 10
        assert len(learner.parts.replay) == STARTS + 5
        settle(learner)
        # Each row once: the five that it had seen already come again, and no others.
        assert learner.counters.env_step == STARTS + 10
        assert len(learner.parts.replay) == STARTS + 10
        assert learner.parts.agent.gradient_step == 20
        assert learner.state.policy_version > version  # numbers only rise
    assert messages == [f"resumed at step {STARTS + 5}"]


def test_a_journal_shorter_than_the_checkpoint_takes_an_older_one(tmp_path, config, robot):
    with open_live(tmp_path, hooks()) as learner:
        robot.live(STARTS + 5)
        middle = robot.journal.offset
        settle(learner)
        learner.save()
        robot.live(5)
        settle(learner)
        learner.save()
    assert len(step_checkpoints(tmp_path)) == 2
    robot.journal.truncate_to(middle)  # a power failure took the last five
    messages: list[str] = []
    with open_live(tmp_path, hooks(messages)) as learner:
        assert learner.counters.env_step == STARTS + 5
        assert len(learner.parts.replay) == STARTS + 5
    assert "taking an older checkpoint" in messages[0]


def test_a_record_spoilt_at_the_end_of_a_segment_costs_the_learner_that_record_alone(
    tmp_path, config, robot
):
    robot.journal.close()
    small = JournalConfig(segment_records=20)
    robot.journal = JournalWriter(journal_dir(tmp_path), robot.env.layout, small)
    with open_live(tmp_path, hooks()) as learner:
        robot.live(STARTS + 5)
        settle(learner)
        learner.save()
    segment = journal_dir(tmp_path) / "000000.journal"
    data = segment.read_bytes()
    segment.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    messages: list[str] = []
    for num_steps in (STARTS + 5, STARTS + 10):
        with open_live(tmp_path, hooks(messages)) as learner:
            assert learner.counters.env_step == num_steps
            assert len(learner.parts.replay) == num_steps - 1
            robot.live(5)
            settle(learner)
            learner.save()
    assert messages == [f"resumed at step {num_steps}" for num_steps in (STARTS + 5, STARTS + 10)]


def test_a_learner_none_of_whose_checkpoints_holds_begins_anew_from_all_rows_and_says_so(
    tmp_path, config, robot
):
    with open_live(tmp_path, hooks()) as learner:
        robot.live(STARTS + 5)
        settle(learner)
        learner.save()
    (damaged,) = step_checkpoints(tmp_path)
    (damaged / "state.json").write_text("{}")
    messages: list[str] = []
    with open_live(tmp_path, hooks(messages)) as learner:
        assert learner.counters.env_step == 0
        settle(learner)
        assert len(learner.parts.replay) == STARTS + 5
    assert str(damaged) in messages[0]
    assert "begins anew, from all steps in" in messages[0]


def test_a_second_learner_of_a_run_is_refused_and_the_next_one_is_not(
    tmp_path, config, robot, monkeypatch
):
    monkeypatch.setattr(folder_lock, "PATIENCE_S", 0.0)
    for _ in range(2):
        with (
            open_live(tmp_path, hooks()) as learner,
            pytest.raises(BusyError, match="trains or learns here"),
            open_live(tmp_path, hooks()),
        ):
            pass
        assert learner.counters.env_step == 0


def test_updates_without_new_rows_are_saved_as_well(tmp_path, config, robot):
    robot.live(STARTS + 40)
    with open_live(tmp_path, hooks()) as learner:
        learner.step()
        learner.save()
        early = learner.parts.agent.gradient_step
        settle(learner)
        learner.save()
    assert early < 80
    with open_live(tmp_path, hooks()) as again:
        assert again.parts.agent.gradient_step == 80


def test_an_episode_that_began_before_a_restart_is_not_counted_from_there(tmp_path, robot):
    robot.live(STARTS + 10)
    with open_live(tmp_path, hooks()) as learner:
        settle(learner)
        learner.save()
        num_before = learner.counters.episode
    robot.live(200)
    rows = JournalReader(journal_dir(tmp_path)).read().rows
    ends = np.flatnonzero(rows["terminated"] | rows["truncated"])
    num_whole = int(np.sum(ends >= STARTS + 10)) - 1
    assert num_whole > 0
    with open_live(tmp_path, hooks()) as again:
        settle(again)
        assert again.counters.episode == num_before + num_whole


def test_a_learner_that_owes_too_much_lets_it_go_and_says_so(tmp_path, config):
    config = replace(config, live=replace(config.live, max_lag_updates=8))
    prepare_live_run(config, tmp_path)
    robot, messages = TwinRobot(tmp_path, config), []
    try:
        robot.live(STARTS + 20)
        with open_live(tmp_path, hooks(messages)) as learner:
            settle(learner)
            assert learner.parts.agent.gradient_step == 8
            assert learner.state.num_skipped == 32
            robot.live(1)
            settle(learner)
            assert learner.parts.agent.gradient_step == 10
            learner.save()
        assert "cannot keep up" in messages[0]
        with open_live(tmp_path, hooks()) as again:  # what was given up is not owed anew
            assert (again.state.num_skipped, again.state.num_owed) == (32, 0)
    finally:
        robot.close()
