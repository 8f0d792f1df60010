import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.spec import ActionSpec, JointSpec, JointType
from rl_agent.tasks.swing_up import SwingUpTask
from rl_agent.types import Measurement

LIMITS = dict(max_velocity=2.0, max_acceleration=10.0, brake_deceleration=10.0)


def cart():
    joints = (
        JointSpec(name="cart", type=JointType.PRISMATIC, lower=-0.4, upper=0.4, **LIMITS),
        JointSpec(
            name="pole",
            type=JointType.CONTINUOUS,
            is_actuated=False,
            lower=-np.inf,
            upper=np.inf,
            **LIMITS,
        ),
    )
    action = ActionSpec(joints=("cart",), max_speed=(1.0,))
    return SwingUpTask(planar_spec(joints=joints, action=action, tool=None), None)


@pytest.mark.parametrize(
    ("angle", "position", "action", "expected"),
    [(0.0, 0.0, 0.0, 1.0), (np.pi, 0.0, 0.0, 0.0), (0.0, 0.4, 0.0, 0.5), (0.0, 0.0, 1.0, 0.99)],
)
def test_reward_by_hand(angle, position, action, expected):
    context = np.array([angle, 0.0, position])
    reward = cart().reward(context, context, np.array([action]), np.zeros(1), np.zeros(0))
    assert reward == pytest.approx(expected)


def test_the_pole_angle_is_wrapped():
    context = cart().context(Measurement(0.0, np.array([0.1, 2 * np.pi - 0.1]), np.zeros(2)))
    assert context == pytest.approx([-0.1, 0.0, 0.1])


@pytest.mark.parametrize(
    ("angle", "speed", "expected"), [(0.1, 0.5, True), (0.3, 0.0, False), (0.1, 2.0, False)]
)
def test_success_needs_upright_and_slow(angle, speed, expected):
    assert cart().success(np.array([angle, speed, 0.0]), np.zeros(0)) == expected


def test_an_arm_is_refused():
    with pytest.raises(ProfileError, match="one passive joint"):
        SwingUpTask(planar_spec(), None)
