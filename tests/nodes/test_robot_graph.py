"""`surefoot up robot` beside a robot that runs already; here a twin_node plays it."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from ros_processes import (
    fresh_domain,
    ros_environment,
    running_graph,
    running_robot,
    speeds,
)

from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    domain = fresh_domain()
    log = tmp_path_factory.mktemp("robot") / "up.log"
    told = {}
    with running_robot(SPEC, domain=domain) as (robot, witness):
        arguments = ("robot", "--actor", "dls", "--goal-period", "1")
        with running_graph(*arguments, domain=domain, log=log) as graph:
            proposals, applied = (
                witness.seen[t] for t in ("command_raw/policy", "applied_command")
            )
            graph.wait_until_running()
            witness.until(lambda: len(proposals) > 20, why=graph.output)
            told["state"] = witness.state
            told["commands_before_arm"] = len(applied) + len(witness.seen[witness.controller_topic])
            command = [sys.executable, "-m", "rl_agent.cli.main", "arm", "--domain", str(domain)]
            told["arm"] = subprocess.run(
                command, env=ros_environment(domain), capture_output=True, text=True, timeout=30
            )
            witness.until(lambda: witness.speed > 0.3, why=graph.output)
            graph.process.send_signal(signal.SIGTERM)
            witness.until(lambda: graph.process.poll() is not None, timeout_s=3.5)
            told["exit"] = graph.process.returncode
        # The graph may be gone before its last commands were taken in.
        witness.spin(0.3)
        told["last"] = applied.messages[-1]
        told["first"] = applied.messages[0]
        told["speed_after"] = witness.speed
        told["robot_runs"] = robot.poll() is None
    return told


def test_nothing_is_commanded_before_arming(told):
    assert told["state"] == "UNARMED"
    assert told["commands_before_arm"] == 0


def test_arming_from_a_terminal_makes_it_move(told):
    assert told["arm"].returncode == 0, told["arm"].stderr
    assert "armed" in told["arm"].stdout


def test_first_command_is_where_the_robot_stood(told):
    # No joint is asked to be further away than one tick at a tenth of its speed limit.
    step = np.array([j.max_velocity for j in SPEC.command_joints]) * 0.1 * SPEC.gate_period_s
    home = SPEC.home[list(SPEC.command_index)]
    sag = 0.02
    assert np.all(np.abs(np.array(told["first"].position) - home) <= step + sag)


def test_sigterm_brakes_and_leaves_a_resting_command(told):
    assert told["exit"] == 130
    assert np.all(speeds(told["last"]) == 0.0)
    assert told["speed_after"] < 0.05
    assert told["robot_runs"]
