"""policy_node keeps a journal of its steps in the real graph, and a kill of it costs none."""

import os
import signal

import numpy as np
import pytest
from kept_steps import keeping_steps, rows_in
from ros_processes import Witness, running_graph

from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from sim.kinematics import MujocoKinematics

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
TASK = make_task("reach", SPEC, MujocoKinematics(SPEC))
NUM_STEPS = 60


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("experience")
    journal, params = keeping_steps(folder)
    arguments = ("twin", "--actor", "dls", "--goal-period", "2", "--params", str(params))
    told = {}
    with (
        running_graph(*arguments, log=folder / "up.log") as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: len(rows_in(journal)) >= NUM_STEPS, 40.0, graph.output)
        os.kill(graph.pids()["policy_node"], signal.SIGKILL)
        witness.until(lambda: "policy_node died" in graph.output())
        told["rows"] = rows_in(journal)
    told["output"] = graph.output()
    return told


def test_steps_are_kept_as_they_happen(told):
    rows = told["rows"]
    assert len(rows) >= NUM_STEPS
    follows = (rows["next_obs"][:-1] == rows["obs"][1:]).all(axis=1)
    # Every two seconds there is another goal, and a busy machine misses a reading now and then.
    assert follows.mean() > 0.8


def test_rewards_are_those_of_the_task(told):
    rows = told["rows"]
    expected = TASK.reward(
        *(rows[name].astype(float) for name in ("context", "next_context")),
        *(rows[name].astype(float) for name in ("applied_action", "previous_action")),
        rows["goal"].astype(float),
    )
    np.testing.assert_allclose(rows["reward"], expected, atol=1e-4)


def test_the_arm_came_closer(told):
    rows = told["rows"]
    error = TASK.error(rows["next_context"].astype(float), rows["goal"].astype(float))
    assert error.min() < 0.05 < error.max()


def test_what_the_gate_let_through_is_what_was_proposed_but_where_it_says_so(told):
    rows = told["rows"]
    free = rows["reasons"] == 0
    assert free.any()
    np.testing.assert_array_equal(rows["applied_action"][free], rows["action"][free])
