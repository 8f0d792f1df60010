"""surefoot live: a twin acts, a learner learns beside it, is killed, and goes on from there."""

import os
import signal

import pytest
from ros_processes import Witness, running_graph

from rl_agent.data.journal import JournalReader
from rl_agent.deploy.swap_log import SWAPS, read_events
from rl_agent.learning.checkpoint import step_checkpoints
from rl_agent.learning.metrics import read_metrics
from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
SMALL = (
    *("--set", "agent.actor_hidden_dims=[16]", "--set", "agent.critic_hidden_dims=[16]"),
    *("--set", "learning_starts=40", "--set", "live.first_updates=20"),
    *("--set", "live.publish_every_s=1", "--set", "checkpoint_every_s=1"),
)


def figures(run_dir, kind):
    return [line for line in read_metrics(run_dir) if line["kind"] == kind]


def swaps(run_dir, kind):
    return [event for event in read_events(run_dir / SWAPS) if event["kind"] == kind]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    run_dir = folder / "run"
    arguments = ("twin", "--env", "sim:So101Reach-v0", "--out", str(run_dir), *SMALL)
    told = {"run": run_dir}
    with (
        running_graph(*arguments, verb="live", log=folder / "live.log") as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: len(swaps(run_dir, "promoted")) >= 2, 90.0, graph.output)
        witness.until(lambda: len(step_checkpoints(run_dir)) >= 1, 30.0, graph.output)
        versions = len(figures(run_dir, "version"))
        os.kill(graph.pids()["learner_node"], signal.SIGKILL)
        witness.until(lambda: "learner_node is back" in graph.output(), 60.0, graph.output)
        witness.until(lambda: len(figures(run_dir, "version")) > versions + 1, 60.0, graph.output)
    told["output"] = graph.output()
    return told


def test_versions_are_taken_up_while_the_robot_moves(told):
    promoted = [event["policy_version"] for event in swaps(told["run"], "promoted")]
    assert len(promoted) >= 2
    assert promoted == sorted(promoted)


def test_a_killed_learner_comes_back_and_goes_on_from_its_checkpoint(told):
    assert "learner_node died (SIGKILL)" in told["output"]
    assert "resumed at step" in told["output"]
    versions = [value["policy_version"] for value in figures(told["run"], "version")]
    assert versions == sorted(set(versions))


def test_all_experience_is_in_the_journal_and_none_twice(told):
    contents = JournalReader(told["run"] / "journal").read()
    rows = contents.rows
    assert contents.num_damaged == 0
    assert len(rows) > 100
    assert len({row.tobytes() for row in rows}) == len(rows)


def test_the_end_leaves_a_checkpoint_and_says_how_to_go_on(told):
    assert f"surefoot live twin --resume --out {told['run']}" in told["output"]
    assert step_checkpoints(told["run"])
