"""A joystick takes over in the real graph, and the journal says whose steps they were."""

import numpy as np
import pytest
from joysticks import hold_joystick
from kept_steps import keeping_steps, rows_in
from ros_processes import Witness, running_graph
from sensor_msgs.msg import Joy

from rl_agent.robots.profile import load_robot
from rl_agent.types import Reason
from surefoot_nodes import qos

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
NUM_STEPS = 20
"""Of a person, and afterwards of the policy again."""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("person")
    journal, params = keeping_steps(folder)
    arguments = ("twin", "--actor", "zero", "--teleop", "--params", str(params))

    def of_person():
        return int(np.sum((rows_in(journal)["reasons"] & Reason.HUMAN) != 0))

    with (
        running_graph(*arguments, log=folder / "up.log") as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        joy = witness.node.create_publisher(Joy, "joy", qos.COMMANDS)
        graph.wait_until_running()
        witness.until(lambda: joy.get_subscription_count() >= 1)
        witness.until(lambda: len(rows_in(journal)) >= NUM_STEPS, 40.0, graph.output)
        sign = 1.0
        for _ in range(20):
            hold_joystick(witness, joy, 1.0, axes=(0.6 * sign, 0.0, 0.0, 0.0))
            sign = -sign
            if of_person() >= NUM_STEPS:
                break
        before = len(rows_in(journal))
        witness.until(lambda: len(rows_in(journal)) >= before + NUM_STEPS, 40.0, graph.output)
    return rows_in(journal)


def test_a_persons_steps_stand_between_the_policys(rows):
    is_human = (rows["reasons"] & Reason.HUMAN) != 0
    assert is_human.sum() >= NUM_STEPS
    assert not is_human[:5].any()
    assert not is_human[-5:].any()


def test_what_was_applied_is_the_persons_and_what_was_proposed_the_policys(rows):
    is_human = (rows["reasons"] & Reason.HUMAN) != 0
    assert np.abs(rows["action"]).max() == 0.0
    moved = np.abs(rows["applied_action"][is_human])
    # 0.6 of the stick are 0.6 of 0.4 of the top speed, and the first 0.2 of an action do nothing.
    assert np.median(moved[:, 0]) == pytest.approx(0.2 + 0.8 * 0.24, abs=0.05)
    assert np.median(moved[:, 1:]) < 0.1
