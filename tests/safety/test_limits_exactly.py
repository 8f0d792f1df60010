"""What the limits of single joints do at their edges. The rail: T = 0.01, v_max 1, a 10, +-1 m."""

import numpy as np
import pytest
from safety_rig import rail, velocity_rail

from rl_agent.safety.acceleration_limit import AccelerationLimit
from rl_agent.safety.limit import LimitState
from rl_agent.safety.position_limit import PositionLimit
from rl_agent.safety.velocity_limit import VelocityLimit

DT = 0.01


def bounds(limit, position=0.0, velocity=0.0, **more):
    speed = np.array([velocity])
    lower, upper = limit.interval(LimitState(np.array([position]), speed, speed, **more))
    return float(lower[0]), float(upper[0])


def test_backwards_is_slowed_as_gently_as_forwards():
    # From -0.8 one tick of 10 m/s2 leaves -0.7.
    limits = bounds(VelocityLimit(rail(), DT), velocity=-0.8, speed_scale=0.1)
    assert limits == pytest.approx((-0.7, 0.7))


@pytest.mark.parametrize("scale", [0.0, -1.0, -np.inf])
def test_a_scale_below_zero_means_standstill(scale):
    assert bounds(VelocityLimit(rail(), DT), speed_scale=scale) == (0.0, 0.0)


def test_without_a_scale_the_full_speed_is_allowed():
    assert bounds(VelocityLimit(rail(), DT)) == (-1.0, 1.0)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5])
def test_the_scale_is_a_share_of_the_limit_and_at_most_one(scale):
    expected = min(scale, 1.0)
    assert bounds(VelocityLimit(rail(), DT), speed_scale=scale) == (-expected, expected)


def test_acceleration_is_limited_alike_for_motion_backwards():
    assert bounds(AccelerationLimit(rail(), DT), velocity=-0.5) == pytest.approx((-0.6, -0.4))


def test_a_velocity_controller_leaves_room_for_its_reaction():
    # Four ticks and 0.8 a: d = 0.01, v = 8 (-0.04 + sqrt(0.0016 + 0.0025)) = 0.1922499.
    lower, upper = bounds(PositionLimit(velocity_rail(), DT), position=0.99)
    assert upper == pytest.approx(0.1922499, rel=1e-6)
    # d = 1.99: v = 8 (-0.04 + sqrt(0.0016 + 0.4975)) = 5.3317608
    assert lower == pytest.approx(-5.3317608, rel=1e-6)


def test_a_velocity_controllers_brake_uses_all_of_its_deceleration():
    # b = 20, d = 0.01: v = 20 (-0.04 + sqrt(0.0016 + 0.001)) = 0.2198039
    limit = PositionLimit(velocity_rail(), DT, deceleration=np.array([20.0]))
    assert bounds(limit, position=0.99)[1] == pytest.approx(0.2198039, rel=1e-6)


def test_both_ends_are_alike():
    upper = bounds(PositionLimit(rail(), DT), position=0.99)
    lower = bounds(PositionLimit(rail(), DT), position=-0.99)
    assert lower == pytest.approx((-upper[1], -upper[0]))
