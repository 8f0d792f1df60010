"""Robots elsewhere: journals come over the link, versions go back, and a kill loses nothing."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from links import free_port
from twin_robot import STARTS, TwinRobot, live_config, settle, when_held
from waiting import wait_until

from rl_agent.deploy.contract import expected_contract
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.exceptions import ProblemsError
from rl_agent.learning.checkpoint import load_checkpoint, step_checkpoints
from rl_agent.learning.live_training import LiveHooks, open_live, prepare_live_run
from rl_agent.learning.remote_training import open_remote
from rl_agent.learning.run_folder import journal_dir, store_dir
from rl_agent.remote.address import Address
from rl_agent.remote.journal_sender import JournalSender, SenderConfig
from rl_agent.remote.policy_inbox import PolicyInbox

HOST = "127.0.0.1"


class FarRobot:
    """A twin with a journal, a store and a link, in a folder of its own."""

    def __init__(self, run_dir: Path, port: int, config, seed: int = 0) -> None:
        self.run_dir, self.name = run_dir, run_dir.name
        self.twin = TwinRobot(run_dir, config, seed)
        base = self.twin.env.env.unwrapped
        self.store = PolicyStore(store_dir(run_dir), base.robot, base.task)
        newest = self.store.next_version() - 1
        self.inbox = PolicyInbox(run_dir / "inbox", self.store.offer, newest)
        self.told: list[str] = []
        sending = SenderConfig(
            robot_id=self.name,
            port=port,
            send_interval_s=0.01,
            retry_min_s=0.02,
            retry_max_s=0.1,
            must_be_durable=False,
        )
        self.link = JournalSender(
            journal_dir(run_dir),
            self.twin.env.layout,
            sending,
            inbox=self.inbox,
            contract=expected_contract(base.robot, base.task),
            on_message=self.told.append,
        )
        self.link.start()

    def live(self, num_steps: int) -> None:
        self.twin.live(num_steps)

    def send(self) -> None:
        count = self.twin.journal.offset.num_records
        assert self.link.wait_until_sent(count, 30.0)

    def close(self) -> None:
        self.link.close()
        self.inbox.close()
        self.twin.close()


@pytest.fixture
def config():
    # Nobody here waits for gradient steps.
    return live_config()


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def robot(tmp_path, port, config):
    """Make robots by name; all are gone at the end."""
    with ExitStack() as stack:
        yield lambda name, seed=0, settings=config: stack.enter_context(
            closing(FarRobot(tmp_path / name, port, settings, seed))
        )


@pytest.fixture
def learner(tmp_path, port, config):
    """Open the learner, as often as a test likes."""
    prepare_live_run(config, tmp_path / "learner")
    stack = ExitStack()

    def open_(messages=None):
        stack.close()
        hooks = LiveHooks(
            should_stop=lambda: False,
            wait=lambda seconds: None,
            on_message=(messages if messages is not None else []).append,
        )
        return stack.enter_context(
            open_remote(tmp_path / "learner", Address(HOST, port), None, hooks)
        )

    yield open_
    stack.close()


def until_taken(opened, num_rows):
    def is_taken():
        opened.learner.step()
        return opened.learner.counters.env_step >= num_rows

    wait_until(is_taken, 60.0)


def test_rows_come_and_versions_go_back(robot, learner):
    opened, far = learner(), robot("arm-1")
    far.live(STARTS + 10)
    until_taken(opened, STARTS + 10)
    settle(opened.learner)
    # utd_ratio 2: (40 - 30) * 2
    assert opened.learner.parts.agent.gradient_step == 20
    newest = opened.learner.state.policy_version
    wait_until(lambda: far.store.next_version() == newest + 1)
    (state,) = opened.robots()
    assert (state.robot_id, state.is_connected, state.num_taken) == ("arm-1", True, STARTS + 10)
    wait_until(lambda: opened.robots()[0].policy_version == newest)


def test_updates_count_the_rows_of_all_robots_and_one_may_join_later(robot, learner):
    opened, first = learner(), robot("arm-1")
    first.live(STARTS)
    until_taken(opened, STARTS)
    second = robot("arm-2", seed=1)
    second.live(80)  # four seconds: a goal's time, so that an episode ends
    until_taken(opened, STARTS + 80)
    settle(opened.learner)
    assert opened.learner.parts.agent.gradient_step == 160
    assert opened.learner.updater.num_skipped == 0
    newest = opened.learner.state.policy_version
    for far in (first, second):
        wait_until(lambda far=far: far.store.next_version() == newest + 1)
    taken = {state.robot_id: state.num_taken for state in opened.robots()}
    assert taken == {"arm-1": STARTS, "arm-2": 80}


def test_a_killed_learner_goes_on_with_all_robots(tmp_path, robot, learner):
    opened = learner()
    robots = [robot("arm-1"), robot("arm-2", seed=1)]
    for far in robots:
        far.live(200)
        far.send()
    until_taken(opened, 400)
    opened.learner.save()
    updates = opened.learner.parts.agent.gradient_step
    assert load_checkpoint(tmp_path / "learner").values["sources"].keys() == {"arm-1", "arm-2"}
    for far in robots:
        far.live(100)
        far.send()
    until_taken(opened, 600)
    # ... and here it is killed: what came after the checkpoint is lost to it.
    messages: list[str] = []
    opened = learner(messages)
    assert messages[0] == "resumed at step 400"
    assert opened.learner.parts.agent.gradient_step == updates
    assert len(opened.learner.parts.replay) == 400
    until_taken(opened, 600)
    assert opened.learner.counters.env_step == len(opened.learner.parts.replay) == 600
    assert {state.num_taken for state in opened.robots()} == {300}


def test_episodes_are_counted_per_robot(robot, learner):
    opened = learner()
    robots = [robot("arm-1"), robot("arm-2", seed=1)]
    for far, count in zip(robots, (170, 250), strict=True):
        far.live(count)
        far.send()
    until_taken(opened, 420)
    # Goals of the twin last 80 steps.
    assert [state.num_episodes for state in opened.robots()] == [2, 3]
    assert opened.learner.counters.episode == 5


def test_a_robot_under_another_contract_is_refused_and_the_others_go_on(tmp_path, robot, learner):
    messages: list[str] = []
    opened, good = learner(messages), robot("good")
    bad = robot("bad", settings=live_config(env_options={"policy_hz": 50.0}))
    bad.live(5)
    good.live(5)
    until_taken(opened, 5)
    wait_until(lambda: bad.told)
    assert "policy rate [Hz]: the robot expects 50, the policy has 20" in bad.told[0]
    wait_until(lambda: any("policy rate" in text and "bad" in text for text in messages))
    assert [state.robot_id for state in opened.robots()] == ["good"]
    assert not (tmp_path / "learner" / "robots" / "bad").exists()


def test_a_robot_that_has_newer_versions_gets_still_newer_ones(tmp_path, robot, learner):
    opened, far = learner(), robot("arm-1")
    far.live(STARTS + 10)
    until_taken(opened, STARTS + 10)
    settle(opened.learner)
    version = opened.learner.state.policy_version
    wait_until(lambda: opened.robots()[0].policy_version == version)
    learner()  # the learner's machine is a new one, and its disk too
    fresh = tmp_path / "learner" / "policies"
    fresh.rename(tmp_path / "lost")
    opened = learner()
    wait_until(lambda: opened.robots() and opened.robots()[0].policy_version == version)
    until_taken(opened, STARTS + 10)
    settle(opened.learner)
    assert opened.learner.state.policy_version > version
    wait_until(lambda: far.store.next_version() == opened.learner.state.policy_version + 1)


def test_who_comes_after_a_restart_finds_the_version_from_before(robot, learner):
    opened, first = learner(), robot("arm-1")
    first.live(STARTS + 10)
    until_taken(opened, STARTS + 10)
    settle(opened.learner)
    version = opened.learner.state.policy_version
    learner()  # takes no step
    second = robot("arm-2", seed=1)
    wait_until(lambda: second.store.versions())
    assert second.store.versions() == [version]


def test_a_run_of_a_robot_beside_its_learner_is_not_merged_into(tmp_path, config, port):
    prepare_live_run(config, tmp_path)
    with closing(TwinRobot(tmp_path, config)) as twin:
        twin.live(5)
    hooks = LiveHooks(should_stop=lambda: False, wait=lambda seconds: None)
    with open_live(tmp_path, hooks) as alone:
        settle(alone)
        alone.save()
    assert step_checkpoints(tmp_path)
    with (
        pytest.raises(ProblemsError, match=r"not begun by `surefoot learn`"),
        open_remote(tmp_path, Address(HOST, port), None, hooks),
    ):
        pass


def test_rows_that_come_while_a_version_is_written_are_taken_in(robot, learner):
    opened, far = learner(), robot("arm-1")
    far.live(STARTS + 10)
    far.send()
    publish, seen = opened.learner.parts.publish, []

    def slow(actor, env_step, samples):
        replay = opened.learner.parts.replay
        before = len(replay)
        is_taken = when_held(replay, before + 5)
        far.live(5)
        assert is_taken.wait(30.0)
        seen.append(len(replay) - before)
        return publish(actor, env_step, samples)

    object.__setattr__(opened.learner.parts, "publish", slow)
    wait_until(lambda: opened.learner.step() and seen, 30.0)
    assert seen[0] >= 5
    opened.learner.save()
