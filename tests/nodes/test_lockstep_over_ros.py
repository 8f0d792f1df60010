"""The twin's graph in lock-step: real processes and topics, and every run of a seed the same."""

import os
import signal

import numpy as np
import pytest
import yaml
from kept_steps import keeping_steps, rows_in
from ros_processes import START_S, Witness, running_graph, tags

from rl_agent.robots.profile import load_robot
from sim.env import TwinEnv

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
NUM_STEPS = 200
"""10 s of the robot's time, with ten goals."""


def write_params(folder, **values):
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump({"/**": {"ros__parameters": values}}))
    return str(path)


def write_profile(folder):
    """Write an SO-101 whose policy is shown what delays do."""
    profile = yaml.safe_load(SPEC.source.read_text())
    profile["observation"]["terms"] += ["action_history", "measurement_age"]
    path = folder / "aware.yaml"
    path.write_text(yaml.safe_dump(profile))
    return path


def drive(folder, seed):
    """Return the first rows that a graph wrote, and its commands by tick."""
    journal, params = keeping_steps(folder)
    robot = str(write_profile(folder))
    arguments = ("--robot", robot, "--actor", "random", "--goal-period", "1", "--seed", str(seed))
    with (
        running_graph(
            "twin", "--lockstep", *arguments, "--params", str(params), log=folder / "up.log"
        ) as graph,
        Witness(graph.domain, SPEC, watches_controller=False) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: len(rows_in(journal)) >= NUM_STEPS, START_S, graph.output)
        commands = {
            int(tags(message)["tick"]): (*message.position, *message.velocity)
            for message in witness.seen["applied_command"].messages
        }
    return {"rows": rows_in(journal)[:NUM_STEPS], "commands": commands}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return drive(tmp_path_factory.mktemp("first"), 1)


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    return drive(tmp_path_factory.mktemp("again"), 1)


def test_the_same_seed_writes_the_same_journal(first, again):
    assert first["rows"].tobytes() == again["rows"].tobytes()


def test_the_same_seed_commands_the_same(first, again):
    both = first["commands"].keys() & again["commands"].keys()
    assert len(both) > 100  # who looks on may miss some: nobody waits for him
    assert {tick: first["commands"][tick] for tick in both} == {
        tick: again["commands"][tick] for tick in both
    }


def test_another_seed_does_something_else(tmp_path, first):
    other = drive(tmp_path, 2)
    assert not np.array_equal(first["rows"]["action"], other["rows"]["action"])
    assert not np.array_equal(first["rows"]["goal"], other["rows"]["goal"])


def test_no_step_is_lost_but_where_a_goal_changes(first):
    rows = first["rows"]
    follows = (rows["next_obs"][:-1] == rows["obs"][1:]).all(axis=1)
    assert (follows | rows["truncated"][:-1]).all()


def test_ages_are_those_of_the_environment_and_no_action_is_forgotten(tmp_path, first):
    env = TwinEnv(load_robot(write_profile(tmp_path)), "reach")
    place = {name: slice(start, start + size) for name, start, size in env.builder.layout}
    ages, history = place["measurement_age"], place["action_history"]
    rows = first["rows"]
    assert (rows["obs"][:, ages] == env.reset(seed=0)[0][ages]).all()
    assert (rows["next_obs"][:, ages] == rows["obs"][:, ages]).all()
    latest = [
        index for index in range(4, NUM_STEPS) if not rows["truncated"][index - 4 : index].any()
    ]
    assert len(latest) > 100
    for index in latest:
        expected = rows["action"][[index - 2, index - 3, index - 4]].ravel()
        np.testing.assert_array_equal(rows["obs"][index, history], expected)


def test_a_dead_policy_ends_the_graph_with_its_name(tmp_path):
    with running_graph("twin", "--lockstep", log=tmp_path / "up.log") as graph:
        graph.wait_until_running()
        os.kill(graph.pids()["policy_node"], signal.SIGKILL)
        assert graph.process.wait(30.0) == 2
        words = "policy_node died (SIGKILL), and lock-step cannot go on without it"
        assert words in graph.output()


@pytest.mark.parametrize("name", ["policy_node", "safety_node"])
def test_who_hangs_is_named_by_those_who_wait(tmp_path, name):
    params = write_params(tmp_path, patience_s=3.0)
    arguments = ("twin", "--lockstep", "--params", params)
    with running_graph(*arguments, log=tmp_path / "up.log") as graph:
        graph.wait_until_running()
        pid = graph.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            assert graph.process.wait(40.0) == 2
        finally:
            if graph.process.poll() is None:
                os.kill(pid, signal.SIGCONT)
        assert f"everybody waits for {name}" in graph.output()


def test_time_stands_still_until_somebody_arms(tmp_path):
    def newest_s():
        stamp = witness.seen["joint_states"].messages[-1].header.stamp
        return stamp.sec + stamp.nanosec / 1e9

    with (
        running_graph("twin", "--lockstep", "--no-arm", log=tmp_path / "up.log") as graph,
        Witness(graph.domain, SPEC, watches_controller=False) as witness,
    ):
        graph.wait_until_running()
        witness.spin(3.0)
        stood_s = newest_s()
        witness.spin(1.0)
        assert newest_s() == stood_s
        assert witness.arm().success
        witness.until(lambda: newest_s() > stood_s + 1.0, 20.0, graph.output)
