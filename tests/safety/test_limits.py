"""Every limit's interval, in numbers computed by hand. The rail: T = 0.01, v_max 1, a 10, +-1 m."""

import numpy as np
import pytest
from safety_rig import rail, so101

from rl_agent.safety.acceleration_limit import AccelerationLimit
from rl_agent.safety.limit import Interval, LimitState, intersect
from rl_agent.safety.position_limit import PositionLimit
from rl_agent.safety.velocity_limit import VelocityLimit
from rl_agent.spec import JointType
from rl_agent.types import Reason

DT = 0.01


def state(position=0.0, velocity=0.0, speed_scale=1.0):
    vector = np.array([velocity])
    return LimitState(np.array([position]), vector, vector, speed_scale)


def bounds(limit, *args, **kwargs):
    lower, upper = limit.interval(state(*args, **kwargs))
    return float(lower[0]), float(upper[0])


def test_acceleration_allows_one_step_around_the_applied_velocity():
    # a T = 10 * 0.01 = 0.1
    assert bounds(AccelerationLimit(rail(), DT), velocity=0.5) == pytest.approx((0.4, 0.6))


def test_velocity_allows_the_full_speed_both_ways():
    assert bounds(VelocityLimit(rail(), DT)) == (-1.0, 1.0)


def test_velocity_is_scaled_during_the_start_ramp():
    assert bounds(VelocityLimit(rail(), DT), speed_scale=0.1) == pytest.approx((-0.1, 0.1))


def test_a_falling_scale_slows_no_faster_than_the_acceleration_limit():
    # From 0.8 one tick of 10 m/s2 leaves 0.7, although the scale asks for 0.1.
    limits = bounds(VelocityLimit(rail(), DT), velocity=0.8, speed_scale=0.1)
    assert limits == pytest.approx((-0.7, 0.7))


def test_no_scale_allows_more_than_the_limit():
    assert bounds(VelocityLimit(rail(), DT), velocity=1.5, speed_scale=0.5) == (-1.0, 1.0)


def test_position_leaves_room_to_brake():
    # d = 0.01: v = 10 (-0.01 + sqrt(0.0001 + 2 * 0.01 / 10)) = 0.358258,
    # and v T + v^2 / 2a = 0.0035826 + 0.0064174 = 0.01.
    lower, upper = bounds(PositionLimit(rail(), DT), position=0.99)
    assert upper == pytest.approx(0.3582575695)
    # d = 1.99 below: v = 10 (-0.01 + sqrt(0.0001 + 0.398)) = 6.209517
    assert lower == pytest.approx(-6.2095166, rel=1e-6)


def test_position_uses_the_deceleration_given():
    # b = 20, d = 0.01: v = 20 (-0.01 + sqrt(0.0001 + 0.001)) = 0.4633250
    limit = PositionLimit(rail(), DT, deceleration=np.array([20.0]))
    assert bounds(limit, position=0.99)[1] == pytest.approx(0.4633250, rel=1e-6)


@pytest.mark.parametrize("position", [0.5, 0.9, 0.99, 0.999999, 1.0])
def test_position_never_allows_to_leave_the_soft_limit_in_one_tick(position):
    upper = bounds(PositionLimit(rail(), DT), position=position)[1]
    assert 0.0 <= upper * DT <= 1.0 - position


@pytest.mark.parametrize("position", [1.0, 1.0001, 1.05, 1.2, 50.0])
def test_outside_a_soft_limit_only_inward_motion_is_allowed(position):
    lower, upper = bounds(PositionLimit(rail(), DT), position=position)
    assert upper == 0.0
    assert lower < 0.0
    assert bounds(PositionLimit(rail(), DT), position=-position) == pytest.approx((0.0, -lower))


def test_a_continuous_joint_has_no_position_bound():
    spec = rail()
    joint = spec.joints[0].__class__(
        name="wheel",
        type=JointType.CONTINUOUS,
        lower=-np.inf,
        upper=np.inf,
        max_velocity=1.0,
        max_acceleration=10.0,
        brake_deceleration=20.0,
    )
    limit = PositionLimit(rail(joints=(joint,)), DT)
    assert bounds(limit, position=1234.5) == (-np.inf, np.inf)


def test_soft_limits_are_the_hard_ones_shrunk_by_the_margin():
    # so101's shoulder_pan: 1.91986 - 0.03 = 1.88986; standing there, no further is allowed.
    limit = PositionLimit(so101(), DT)
    position = np.array([1.88986, 0.0, 0.0, 0.0, 0.0, 0.0])
    upper = limit.interval(LimitState(position, position * 0.0, position * 0.0)).upper
    assert upper[0] == pytest.approx(0.0, abs=1e-6)
    assert (upper[1:] > 1.0).all()


def one(lower, upper):
    return Interval(np.array([lower]), np.array([upper]))


def test_limits_that_agree_may_stand_in_any_order():
    intervals = [one(-1.0, 0.5), one(-0.3, 2.0), one(-0.7, 0.6)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        lower, upper = intersect([intervals[index] for index in order])
        assert (float(lower[0]), float(upper[0])) == (-0.3, 0.5)


@pytest.mark.parametrize(
    ("later", "expected"),
    [((0.6, 0.8), 0.5), ((-2.0, -1.5), -1.0), ((0.5, 0.9), 0.5)],
)
def test_of_contradicting_limits_the_earlier_one_wins(later, expected):
    lower, upper = intersect([one(-1.0, 0.5), one(*later)])
    assert float(lower[0]) == float(upper[0]) == expected


def test_every_limit_names_its_reason():
    spec = rail()
    limits = [PositionLimit(spec, DT), VelocityLimit(spec, DT), AccelerationLimit(spec, DT)]
    reasons = [limit.reason for limit in limits]
    assert reasons == [Reason.POSITION, Reason.VELOCITY, Reason.ACCELERATION]
