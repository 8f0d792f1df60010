"""kill -9 of the policy while the arm moves: it brakes, and moves again only when told to."""

import os
import signal
import time

import numpy as np
import pytest
from ros_processes import Witness, running_graph, speeds, tags

from rl_agent.robots.profile import load_robot

pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
W = SPEC.proposal_timeout_s
STALL_S = 0.010
"""Schedulers without real-time priority stall that long."""


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """What happened, told once; the tests look at its parts."""
    log = tmp_path_factory.mktemp("kill") / "up.log"
    told = {}
    with (
        running_graph("twin", "--actor", "dls", "--goal-period", "1", log=log) as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.wait_until_running()
        applied = witness.seen["applied_command"]
        witness.until(lambda: witness.state == "ARMED" and len(applied) > 50, why=graph.output)
        witness.until(lambda: speeds(applied.messages[-1]).max() > 0.5)
        pid = graph.pids()["policy_node"]
        told["killed_s"] = killed_s = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        told["speed"] = speeds(applied.messages[-1]).max()
        # The commands may come in later than the news of what they were.
        witness.until(lambda: tags(applied.messages[-1])["state"] == "STOPPED")
        told["applied"] = [
            (t, m)
            for t, m in zip(applied.times_s, applied.messages, strict=True)
            if t >= killed_s - 0.05
        ]
        witness.until(lambda: graph.pids().get("policy_node", pid) != pid)
        inactive = {"policy_node": "inactive"}
        witness.until(
            lambda: witness.lifecycle.states(["policy_node"], 1.0) == inactive,
            why=graph.output,
        )
        told["back_s"] = time.monotonic() - killed_s
        told["rest_from"] = len(witness.seen["joint_states"])
        done = witness.lifecycle.change(["policy_node"], "activate", 5.0)
        told["activated"] = done["policy_node"]
        proposals = witness.seen["command_raw/policy"]
        before = len(proposals)
        witness.until(lambda: len(proposals) > before + 20)
        told["rest"] = witness.seen["joint_states"].messages[told["rest_from"] :]
        told["arm_without_reset"] = witness.arm()
        told["reset"] = witness.trigger("reset")
        witness.spin(0.3)
        told["speed_after_reset"] = witness.speed
        # For some seconds the killed node counts as a second publisher.
        witness.until(lambda: witness.arm().success, why="the killed node is not forgotten")
        witness.until(lambda: witness.speed > 0.3, why="does not move after reset and arm")
        told["speed_after_arm"] = witness.speed
        told["exit"], told["exit_s"] = graph.interrupt()
        told["output"] = graph.output()
    return told


def braking(story) -> list:
    """Times and commands after the last one that followed the policy.

    On a busy machine the gate may hold already when the policy is killed, and then follow a last
    proposal that was still on its way.
    """
    is_armed = [tags(m)["state"] == "ARMED" for _, m in story["applied"]]
    last = max(np.flatnonzero(is_armed), default=-1)
    return story["applied"][last + 1 :]


def test_arm_was_moving(story):
    assert story["speed"] > 0.5


def test_brakes_within_the_watchdog(story):
    assert braking(story)[0][0] - story["killed_s"] <= W + STALL_S


def test_commands_slow_by_the_brake_profile_to_standstill(story):
    commands = [m for _, m in braking(story)]
    assert set(np.diff([int(tags(m)["tick"]) for m in commands])) == {1}
    velocity = np.array([m.velocity for m in commands])
    step = np.array([j.brake_deceleration for j in SPEC.command_joints]) * SPEC.gate_period_s
    slower = np.maximum(np.abs(velocity[:-1]) - step, 0.0)
    np.testing.assert_allclose(np.abs(velocity[1:]), slower, atol=1e-9)
    assert np.all(velocity[-1] == 0.0)


def test_node_is_back_within_five_seconds_and_inactive(story):
    assert story["back_s"] <= 5.0


def test_nothing_moves_before_reset_and_arm(story):
    assert story["activated"]
    assert max(speeds(message).max() for message in story["rest"]) < 0.02
    assert not story["arm_without_reset"].success
    assert "reset" in story["arm_without_reset"].message
    assert story["reset"].success, story["reset"].message
    assert story["speed_after_reset"] < 0.02


def test_moves_again_after_reset_and_arm(story):
    assert story["speed_after_arm"] > 0.3


def test_interrupt_ends_everything_quickly_without_a_trace(story):
    assert story["exit"] == 130
    assert story["exit_s"] <= 3.0
    assert "Traceback" not in story["output"]
