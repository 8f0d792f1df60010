import numpy as np
import pytest

from rl_agent.robots.profile import available_robots, load_robot
from sim.pose_model import MujocoPoseModel


def test_gravity_torque_of_a_pole_that_lies_to_the_side():
    model = MujocoPoseModel(load_robot("cartpole"))
    # 0.1 kg, 0.5 m away: 0.1 * 9.81 * 0.5 N m; leaning forward, it is held by a negative torque.
    np.testing.assert_allclose(model.gravity_torque(np.array([0.2, np.pi / 2])), [0.0, -0.4905])
    np.testing.assert_allclose(model.gravity_torque(np.array([0.2, -np.pi / 2])), [0.0, 0.4905])


@pytest.mark.parametrize("robot", available_robots())
def test_nothing_overlaps_at_home(robot):
    spec = load_robot(robot)
    assert MujocoPoseModel(spec).overlaps(spec.home) == []


def test_no_weight_is_expected_of_legs_and_none_of_them_stands_in_the_floor():
    spec = load_robot("go1")
    model, stretched = MujocoPoseModel(spec), np.tile([0.0, 0.42, -0.84], 4)
    np.testing.assert_array_equal(model.gravity_torque(spec.home), np.zeros(12))
    # 11 cm longer than at home.
    assert model.overlaps(stretched) == []


def test_an_arm_in_the_desk_is_named_with_its_depth():
    overlaps = MujocoPoseModel(load_robot("so101")).overlaps(np.array([0, 1.7, 1.0, 0, 0, 0.2]))
    assert any("gripper_link" in words and words.endswith("mm") for words in overlaps)
