"""A joystick takes over a moving twin, falls silent, and comes back."""

import numpy as np
import pytest
from joysticks import hold_joystick
from ros_processes import Witness, running_graph, speeds, tags
from sensor_msgs.msg import JointState, Joy

from rl_agent.robots.profile import load_robot
from surefoot_nodes import qos

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101", policy_hz=50.0)
DRIVE_S = 2.0


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    log = tmp_path_factory.mktemp("teleop") / "up.log"
    arguments = ("twin", "--actor", "zero", "--policy-hz", "50", "--teleop")
    told = {}
    with running_graph(*arguments, log=log) as graph, Witness(graph.domain, SPEC) as witness:
        witness.watch("command_raw/human", JointState, qos.RECORDING)
        human, applied = witness.seen["command_raw/human"], witness.seen["applied_command"]
        joy = witness.node.create_publisher(Joy, "joy", qos.COMMANDS)
        graph.wait_until_running()
        witness.until(lambda: joy.get_subscription_count() >= 1)
        witness.until(lambda: witness.state in ("ARMED", "HOLD"), why=graph.output)
        hold_joystick(witness, joy, 1.0, button=0)
        told["released"] = len(human)
        for attempt in range(6):
            # On a busy machine we fall silent now and then, and the robot rests.
            said_s = hold_joystick(
                witness, joy, DRIVE_S, axes=(0.6 * (-1.0) ** attempt, 0.0, 0.0, 0.0)
            )
            told["moving"] = speeds(applied.messages[-1]).max()
            if told["moving"] > 0.5:
                break
        witness.spin(0.5)
        after = [(t - said_s, m) for t, m in zip(human.times_s, human.messages, strict=True)]
        told["after_silence"] = [(t, speeds(m).max()) for t, m in after if t > 0.02]
        told["slowing_s"] = next(
            t - said_s
            for t, m in zip(applied.times_s, applied.messages, strict=True)
            if t > said_s + 0.02 and speeds(m).max() < 0.95 * told["moving"]
        )
        told["speed_in_the_end"] = speeds(applied.messages[-1]).max()
        told["sources"] = {tags(m)["source"] for m in applied.messages}
        told["commands"] = np.array([m.position for m in applied.messages])
        told["output"] = graph.output()
    return told


def test_nothing_is_proposed_before_the_button_is_held(told):
    assert told["released"] == 0


def test_the_stick_moves_the_robot(told):
    # 0.6 of 0.4 of 2.5 rad/s.
    assert told["moving"] == pytest.approx(0.6, abs=0.1)
    assert "human" in told["sources"]


def test_a_silent_joystick_stops_within_100_ms(told):
    assert told["slowing_s"] <= 0.1 + 0.02 + 0.02  # a proposal's and a tick's way, on busy machines
    assert told["speed_in_the_end"] < 0.01


def test_rest_is_proposed_once_and_then_nothing(told):
    rests = [t for t, speed in told["after_silence"] if speed < 1e-9]
    assert len(rests) == 1
    assert told["after_silence"][-1][1] < 1e-9
