"""surefoot live --learner beside surefoot learn, as processes: each is killed, nothing is lost."""

import os
import signal
import subprocess
import sys
import time

import pytest
from links import free_port
from ros_processes import Witness, running_graph
from waiting import wait_until

from rl_agent.data.journal import JournalReader
from rl_agent.deploy.swap_log import SWAPS, read_events
from rl_agent.exceptions import JournalError
from rl_agent.learning.checkpoint import load_checkpoint, step_checkpoints
from rl_agent.learning.metrics import read_metrics
from rl_agent.remote.shared_key import make_shared_key_file
from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
ENV = ("--env", "sim:So101Reach-v0")
SMALL = (
    *("--set", "agent.actor_hidden_dims=[16]", "--set", "agent.critic_hidden_dims=[16]"),
    *("--set", "learning_starts=40", "--set", "live.first_updates=20"),
    *("--set", "live.publish_every_s=1", "--set", "checkpoint_every_s=1"),
)


class Learner:
    """A `surefoot learn` that can be killed."""

    def __init__(self, run_dir, address, key):
        self.run_dir, self.log = run_dir, run_dir.with_suffix(".log")
        self._options = ("--listen", address, "--key", str(key), "--out", str(run_dir))
        self.process = None

    def start(self, *words):
        command = [sys.executable, "-m", "rl_agent.cli.main", "learn", *self._options, *words]
        with self.log.open("a") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20.0)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30.0)


def num_rows(directory):
    try:
        return len(JournalReader(directory).read().rows)
    except JournalError:
        return 0


def promoted(run_dir):
    return [e["policy_version"] for e in read_events(run_dir / SWAPS) if e["kind"] == "promoted"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("remote")
    key, address = folder / "link.key", f"127.0.0.1:{free_port()}"
    make_shared_key_file(key)
    learner = Learner(folder / "learner", address, key)
    run_dir, copy = folder / "run", folder / "learner" / "robots" / "arm-1"
    far = ("--learner", address, "--key", str(key), "--robot-id", "arm-1")
    arguments = ("twin", *ENV, "--out", str(run_dir), *far)
    told = {"run": run_dir, "learner": learner, "copy": copy}
    learner.start(*ENV, *SMALL)
    try:
        with (
            running_graph(*arguments, verb="live", log=folder / "live.log") as graph,
            Witness(graph.domain, SPEC) as witness,
        ):
            graph.wait_until_running()
            witness.until(lambda: promoted(run_dir), 120.0, graph.output)
            os.kill(graph.pids()["link_node"], signal.SIGKILL)
            witness.until(lambda: "link_node is back" in graph.output(), 60.0, graph.output)
            witness.until(lambda: step_checkpoints(learner.run_dir), 60.0, graph.output)
            learner.kill()
            acting = max(promoted(run_dir))
            rows = num_rows(run_dir / "journal")
            witness.until(lambda: num_rows(run_dir / "journal") > rows + 20, 60.0, graph.output)
            told["armed"] = witness.state
            learner.start("--resume")
            witness.until(lambda: max(promoted(run_dir)) > acting, 120.0, graph.output)
            told["pids"] = graph.pids()
            told["rows"] = num_rows(run_dir / "journal")
            witness.until(lambda: num_rows(copy) >= told["rows"], 60.0, graph.output)
        wait_until(lambda: merged_up(learner, num_rows(copy)), 60.0)
        told["status"] = learner.stop()
    finally:
        learner.process.kill()
        learner.process.wait()
    told["output"], told["said"] = graph.output(), learner.log.read_text()
    return told


def merged_up(learner, count):
    time.sleep(0.1)
    return num_rows(learner.run_dir / "journal") >= count


def test_versions_go_back_and_act_also_after_a_kill(told):
    versions = promoted(told["run"])
    assert len(versions) >= 2
    assert versions == sorted(set(versions))
    assert "link_node died (SIGKILL)" in told["output"]


def test_the_robot_goes_on_while_its_learner_is_dead(told):
    assert told["armed"] == "ARMED"
    assert "learner_node" not in told["pids"] and "link_node" in told["pids"]


def test_every_step_arrives_once_and_in_order(told):
    own = JournalReader(told["run"] / "journal").read().rows
    copy = JournalReader(told["copy"]).read().rows
    assert len(copy) >= told["rows"]
    assert own[: len(copy)].tobytes() == copy.tobytes()


def test_the_learner_learns_from_every_one_once(told):
    copy = JournalReader(told["copy"]).read().rows
    learned = JournalReader(told["learner"].run_dir / "journal").read().rows
    assert learned.tobytes() == copy.tobytes()
    assert "resumed at step" in told["said"]


def test_ctrl_c_leaves_a_whole_checkpoint_and_says_how_to_go_on(told):
    assert told["status"] == 130
    run_dir = told["learner"].run_dir
    assert load_checkpoint(run_dir).env_step == len(JournalReader(told["copy"]).read().rows)
    assert f"surefoot learn --resume --out {run_dir}" in told["said"]
    assert "surefoot live twin --resume" in told["output"] and "--learner" in told["output"]


def test_its_figures_are_a_runs_like_any_other(told):
    kinds = {line["kind"] for line in read_metrics(told["learner"].run_dir)}
    assert {"version", "episode"} <= kinds
