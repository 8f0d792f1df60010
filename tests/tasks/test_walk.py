import math

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.tasks.walk import WalkTask, speed_tolerance
from rl_agent.types import Imu, Measurement

UPRIGHT = (0.0, 0.0, -1.0)
NO_GOAL = np.zeros(0)
REST = np.zeros(12)


@pytest.fixture
def walk():
    return make_task("walk", load_robot("go1"), None)


def context(speed=0.5, gravity=UPRIGHT, yaw_rate=0.0):
    return np.array([speed, *gravity, yaw_rate])


@pytest.mark.parametrize(
    ("speed", "expected"),
    # 1 from 0.5 to 0.6 m/s; 0 at 1.1 m/s.
    [(-1, -0.25), (-0.1, -0.2), (0.0, 0.0), (0.3, 0.6), (0.5, 1), (0.6, 1), (0.85, 0.5), (2, 0)],
)
def test_the_tolerance_by_hand(speed, expected):
    assert speed_tolerance(np.array(speed), 0.5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("after", "action", "expected"),
    [
        (context(), 0.0, 1.0),
        (context(0.0), 0.0, 0.2),
        (context(yaw_rate=-2.0), 0.0, 1.0 - 0.1 * 2.0),
        # Each of twelve actions changes by 0.5: 0.01 * 12 * 0.25.
        (context(), 0.5, 1.0 - 0.03),
        # Nose down by asin 0.6: 0.8 * 0.5 m/s ahead is 0.8 of what is asked, and it leans to 0.8.
        (context(gravity=(0.6, 0.0, -0.8)), 0.0, 0.8 * (0.2 + 0.8 * 0.8)),
        # Rolled as far, its speed counts in full.
        (context(gravity=(0.0, 0.6, -0.8)), 0.0, 0.8),
        (context(gravity=(0.0, 0.0, 1.0)), 0.0, 0.0),
    ],
)
def test_reward_by_hand(walk, after, action, expected):
    reward = walk.reward(context(), after, np.full(12, action), REST, NO_GOAL)
    assert reward == pytest.approx(expected)


def test_rewards_of_a_batch_are_those_of_its_rows(walk):
    rows = np.array([context(0.2), context(yaw_rate=1.0), context(gravity=(0.6, 0.0, -0.8))])
    actions = np.linspace(-1.0, 1.0, 36).reshape(3, 12)
    batch = walk.reward(rows, rows, actions, np.zeros((3, 12)), np.zeros((3, 0)))
    alone = [walk.reward(r, r, a, REST, NO_GOAL) for r, a in zip(rows, actions, strict=True)]
    np.testing.assert_allclose(batch, alone)
    assert walk.goal_obs(rows, np.zeros((3, 0))).shape == (3, 0)


@pytest.mark.parametrize(("lean_deg", "is_fallen"), [(0, False), (29.9, False), (30.1, True)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_lean_of_30_degrees_is_a_fall(walk, lean_deg, is_fallen, axis):
    gravity = np.zeros(3)
    gravity[axis], gravity[2] = math.sin(math.radians(lean_deg)), -math.cos(math.radians(lean_deg))
    fallen = context(gravity=gravity)
    assert walk.terminated(fallen, NO_GOAL) == is_fallen
    if is_fallen:
        assert not walk.success(context(0.6, gravity), NO_GOAL)


@pytest.mark.parametrize(("speed", "expected"), [(0.34, 0), (0.36, 1), (0.64, 1), (0.66, 0)])
def test_success_is_within_30_percent_of_half_a_metre_per_second(walk, speed, expected):
    assert walk.success(context(speed), NO_GOAL) == expected
    assert walk.error(context(speed), NO_GOAL) == pytest.approx(abs(speed - 0.5))
    assert walk.hold_s == 10.0


def test_the_context_is_read_off_the_body(walk):
    imu = Imu(np.array([0.1, 0.2, -0.97]), np.array([1.0, 2.0, 3.0]))
    measurement = Measurement(0.0, REST, REST, imu=imu, base_velocity=np.array([0.4, 9.0, 9.0]))
    assert walk.context(measurement) == pytest.approx([0.4, 0.1, 0.2, -0.97, 3.0])


def test_without_a_body_nothing_is_known(walk):
    unheard = walk.context(Measurement(0.0, REST, REST))
    assert np.isnan(unheard).all()
    assert np.isnan(walk.reward(unheard, unheard, REST, REST, NO_GOAL))
    assert not walk.success(unheard, NO_GOAL)


def test_the_time_limit_and_the_horizon(walk):
    assert (walk.episode_s, walk.gamma) == (20.0, 0.99)


def test_another_speed_is_another_contract():
    class Slow(WalkTask):
        speed = 0.3

    class Running(WalkTask):
        speed = 3.0

    slow = Slow(load_robot("go1"), None)
    assert slow.describe()["speed"] == 0.3
    assert slow.reward(context(), context(0.3), REST, REST, NO_GOAL) == pytest.approx(1.0)
    with pytest.raises(ProfileError, match=r"expected 0.3 to 0.6 m/s, got 3"):
        Running(load_robot("go1"), None)


def test_an_arm_is_refused():
    with pytest.raises(ProfileError, match="how the body is turned"):
        WalkTask(planar_spec(), None)
