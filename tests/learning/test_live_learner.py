"""A robot's journal goes in, versions of a policy come out; the robot here is the twin, stepped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from twin_robot import STARTS, TwinRobot, begun_run, hooks, live_config, settle, when_held
from waiting import threads_named

from rl_agent.algorithms.sac import Sac
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.exceptions import TrainingDivergedError
from rl_agent.learning import checkup, value_guard
from rl_agent.learning.checkpoint import load_checkpoint, step_checkpoints
from rl_agent.learning.live_training import open_live, prepare_live_run
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import read_config, store_dir, write_config
from rl_agent.reporting.live_figures import BUSY
from rl_agent.types import Reason

SOON_S = 30.0


@pytest.fixture
def config():
    return live_config()


@pytest.fixture
def robot(tmp_path, config):
    with begun_run(tmp_path, config) as robot:
        yield robot


def test_it_takes_as_many_updates_as_the_rows_allow_and_no_more(tmp_path, config, robot):
    with open_live(tmp_path, hooks()) as learner:
        assert not learner.step()  # the journal is empty: nothing to do, nothing wrong
        robot.live(STARTS + 10)
        settle(learner)
        # utd_ratio 2: (40 - 30) * 2
        assert learner.parts.agent.gradient_step == 20
        assert learner.counters.env_step == STARTS + 10
        robot.live(7)
        settle(learner)
        assert learner.parts.agent.gradient_step == 34


def test_on_a_robot_there_may_be_more_updates_per_step_than_in_a_twin(tmp_path, config):
    config = replace(config, live=replace(config.live, utd_ratio=3.0))
    with begun_run(tmp_path, config) as robot:
        robot.live(STARTS + 10)
        with open_live(tmp_path, hooks()) as learner:
            settle(learner)
            assert learner.parts.agent.gradient_step == 30


@pytest.mark.parametrize(("rate", "is_young"), [(1.0, True), (None, False)])
def test_the_policy_that_explores_on_a_robot_may_be_younger(tmp_path, config, rate, is_young):
    config = replace(config, live=replace(config.live, actor_average_rate=rate))
    with begun_run(tmp_path, config) as robot:
        robot.live(STARTS + 10)
        with open_live(tmp_path, hooks()) as learner:
            settle(learner)
            agent = learner.parts.agent
            pairs = zip(agent.actor.parameters(), agent.online_actor.parameters(), strict=True)
            assert all(torch.equal(own, online) for own, online in pairs) == is_young


def test_a_persons_steps_and_a_slow_setting_are_no_interventions(tmp_path, config, robot):
    transition = robot.env.step(np.zeros(robot.env.layout.act_dim, np.float32)).transition
    both = Reason.HUMAN | Reason.VELOCITY
    for reasons in (Reason.NONE, Reason.HUMAN, Reason.SPEED_SCALE, Reason.START_RAMP, both):
        robot.journal.append(replace(transition, reasons=int(reasons)))
    with open_live(tmp_path, hooks()) as learner:
        learner.step()
        assert (learner.counters.env_step, learner.counters.num_interventions) == (5, 1)


def test_a_bonus_is_told_and_how_much_is_owed_and_what_takes_the_time(tmp_path):
    bonus = {"kind": "count", "hidden_dims": [16], "num_features": 4, "num_bits": 6}
    config = live_config(bonus=bonus, log_every=5)
    with begun_run(tmp_path, config) as robot:
        robot.live(STARTS + 10)
        with open_live(tmp_path, hooks()) as learner:
            learner.step()
            learner.save()
    (line,) = [line for line in read_metrics(tmp_path) if line["kind"] == "train"]
    assert line["mean_bonus"] > 0.0
    # Of 20 updates the first look takes 16.
    assert (line["gradient_step"], line["num_owed"]) == (16, 4)
    busy = {name: share for name, share in line.items() if name.startswith(BUSY)}
    assert {"busy_journal", "busy_replay", "busy_sample", "busy_update"} <= busy.keys()
    assert sum(busy.values()) == pytest.approx(1.0)


def test_versions_follow_the_updates_and_can_be_flown(tmp_path, config, robot):
    env = robot.env.env.unwrapped
    store = PolicyStore(store_dir(tmp_path), env.robot, env.task)
    with open_live(tmp_path, hooks()) as learner:
        robot.live(STARTS + 2)
        settle(learner)
        assert store.current() is None  # 4 updates, 5 are asked for
        for _ in range(6):
            robot.live(1)
            settle(learner)
        newest = learner.state.policy_version
        assert newest >= 5
        assert store.current().policy_version == newest
        policy = store.load(store.current())
        # What flies is what learns.
        actor, obs = learner.parts.agent.actor, robot.env.obs
        import torch

        with torch.no_grad():
            mean, _ = actor(torch.from_numpy(obs[None]))
        np.testing.assert_allclose(policy.act(obs), np.tanh(mean[0].numpy()), atol=1e-5)
        assert len(store.versions()) == 3


def test_what_cannot_be_published_is_told_and_learning_goes_on(tmp_path, config, robot):
    messages: list[str] = []
    with open_live(tmp_path, hooks(messages)) as learner:
        robot.live(STARTS + 10)
        store_dir(tmp_path).write_text("in the way")
        settle(learner)
        assert learner.state.trouble
        assert learner.parts.agent.gradient_step == 20
        assert len(messages) == 1  # once, not for each version
        store_dir(tmp_path).unlink()
        robot.live(1)
        settle(learner)
        assert not learner.state.trouble
        assert learner.state.policy_version >= 1


def test_what_cannot_be_published_is_tried_again_when_the_next_is_due(tmp_path, config):
    config = replace(config, live=replace(config.live, publish_every_s=60.0))
    prepare_live_run(config, tmp_path)
    robot = TwinRobot(tmp_path, config)
    tries = []

    def refuse(*_):
        tries.append(1)
        raise OSError(28, "No space left on device")

    try:
        robot.live(STARTS + 40)  # 80 updates, of which 16 at most are taken at once
        with open_live(tmp_path, hooks()) as learner:
            learner.parts = replace(learner.parts, publish=refuse)
            settle(learner)
            assert learner.parts.agent.gradient_step == 80
    finally:
        robot.close()
    assert len(tries) == 1


def test_a_divergence_is_explained_and_leaves_a_checkpoint_from_before(
    tmp_path, config, robot, monkeypatch
):
    monkeypatch.setattr(value_guard, "LEAST_REWARDS", 1)
    own = read_config(tmp_path)
    write_config(tmp_path, replace(own, log_every=10, health_every=10_000))
    values = iter([{"q_mean": 0.1}] + [{"q_mean": 1e6}] * 3)
    with open_live(tmp_path, hooks()) as learner:
        monkeypatch.setattr(Sac, "metrics", lambda agent: dict(next(values)))
        robot.live(STARTS + 10)
        learner.step()
        learner.save()
        for _ in range(2):
            robot.live(10)
            learner.step()
            learner.save()
        robot.live(10)
        with pytest.raises(TrainingDivergedError, match="checkpoint of step 40 stays") as caught:
            learner.step()
    # Step 40 was fine; at 50, 60 and 70 it was not.
    assert "by step 70: the critics expect 1e+06" in str(caught.value)
    assert "Training stopped at step 70" in str(caught.value)
    assert f"Curves: surefoot health {tmp_path}" in str(caught.value)
    assert [int(path.name) for path in step_checkpoints(tmp_path)] == [40]
    kinds = [line["kind"] for line in read_metrics(tmp_path)]
    assert kinds[-2:] == ["health", "diverged"]


def test_a_weight_that_is_no_number_is_explained_and_not_saved(tmp_path, config, robot):
    robot.live(STARTS + 5)
    with open_live(tmp_path, hooks()) as learner:
        settle(learner)
        learner.save()
        robot.live(1)
        learner.step()
        next(learner.parts.agent.actor.parameters()).data.fill_(np.nan)
        with pytest.raises(TrainingDivergedError, match="is not finite at step 36") as caught:
            learner.save()
    assert f"the checkpoint of step {STARTS + 5} stays. " in str(caught.value)
    assert [int(path.name) for path in step_checkpoints(tmp_path)] == [STARTS + 5]


def test_the_version_on_the_robot_is_verified_like_any_other(tmp_path, config, robot):
    env = robot.env.env.unwrapped
    with open_live(tmp_path, hooks()) as learner:
        robot.live(STARTS + 5)
        settle(learner)
        version = learner.state.policy_version
    folder = store_dir(tmp_path) / "versions" / f"{version:06d}"
    policy = OnnxPolicy(folder, env.robot, env.task)
    assert policy.golden_error <= 1e-5
    assert policy.manifest.training.env_step == STARTS + 5


def test_it_says_where_it_stands_at_once_and_before_its_first_version(tmp_path, config, robot):
    robot.live(STARTS + 10)
    states: list = []
    with open_live(tmp_path, hooks(states=states)) as learner:
        learner.step()
    # 16 of the 20 updates that are owed: a part between two looks at the journal.
    assert [(s.gradient_step, s.num_owed, s.policy_version) for s in states] == [(16, 4, 0)]
    assert (states[0].env_step, states[0].num_rows) == (STARTS + 10, STARTS + 10)
    assert learner.state.policy_version == 1


def test_rows_are_taken_in_while_a_version_is_written(tmp_path, config, robot):
    robot.live(STARTS + 10)
    seen: list[int] = []
    with open_live(tmp_path, hooks()) as learner:
        publish = learner.parts.publish

        def slow(actor, env_step, samples):
            is_taken = when_held(learner.parts.replay, STARTS + 14)
            robot.live(4)
            assert is_taken.wait(SOON_S)
            seen.append(len(learner.parts.replay))
            return publish(actor, env_step, samples)

        learner.parts = replace(learner.parts, publish=slow)
        learner.step()
        assert seen == [STARTS + 14]
        learner.save()
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.env_step == checkpoint.values["journal"]["num_records"] == STARTS + 14


def test_a_checkpoint_holds_what_was_taken_in_before_it_and_not_what_came_meanwhile(
    tmp_path, config, robot
):
    robot.live(STARTS + 10)
    with open_live(tmp_path, hooks()) as learner:
        learner.step()
        when_full = learner.parts.when_full

        def slow(write, path, num_bytes):
            if path.name.isdigit():
                is_taken = when_held(learner.parts.replay, STARTS + 14)
                robot.live(4)
                assert is_taken.wait(SOON_S)
            when_full(write, path, num_bytes)

        learner.parts = replace(learner.parts, when_full=slow)
        learner.save()
        assert learner.counters.env_step == len(learner.parts.replay) == STARTS + 14
    with open_live(tmp_path, hooks()) as learner:
        assert learner.counters.env_step == len(learner.parts.replay) == STARTS + 10
        settle(learner)
        assert learner.counters.env_step == len(learner.parts.replay) == STARTS + 14


def test_nothing_is_taken_in_while_health_moves_what_it_puts_back(
    tmp_path, config, robot, monkeypatch
):
    robot.live(STARTS + 10)
    beside: list[int] = []
    with open_live(tmp_path, hooks()) as learner:
        publish = learner.parts.publish

        def published(actor, env_step, samples):
            beside.append(len(threads_named("side_work")))
            return publish(actor, env_step, samples)

        def probed(rows, agent, config):
            robot.live(4)
            beside.append(len(threads_named("side_work")))
            return {}

        learner.parts = replace(learner.parts, publish=published)
        learner.step()
        monkeypatch.setattr(checkup, "health_figures", probed)
        learner._checkup.note_health(learner.counters.env_step)
        # What takes rows in goes on beside a version that is written, and not beside the probe.
        assert beside == [1, 0]
        assert learner.counters.env_step == STARTS + 10
        learner.step()
        assert learner.counters.env_step == STARTS + 14
