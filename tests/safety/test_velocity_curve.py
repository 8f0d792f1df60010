"""Speeds that fall towards a joint's ends, as on Franka's FR3. T = 0.01 s, a = 10 rad/s2."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec

from rl_agent.safety.limit import LimitState
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.safety.velocity_limit import VelocityLimit
from rl_agent.spec import VelocityCurve
from rl_agent.types import Command, Reason

DT = 0.01
CURVE = VelocityCurve(lower=-2.0, upper=2.0, slope=12.0, offset=0.3)


def curved(*curves, **changes):
    joints = [replace(planar_spec().joints[0], name=f"j{i}") for i in range(len(curves))]
    joints = [
        replace(j, velocity_curve=c, home=0.0, **changes)
        for j, c in zip(joints, curves, strict=True)
    ]
    return planar_spec(joints=tuple(joints), action=replace(planar_spec().action, joints=("j0",)))


def interval(spec, position, velocity=0.0, speed_scale=1.0):
    ones = np.ones(len(spec.joints))
    state = LimitState(position * ones, velocity * ones, velocity * ones, speed_scale)
    return VelocityLimit(spec, DT).interval(state)


def test_the_curve_holds_where_the_tick_ends():
    # d = 0.1: v' = sqrt(0.06^2 + 12 (0.1 + 0.3 * 0.01)) - 0.06 - 0.3 = 0.753373 rad/s, and there
    # sqrt(12 (0.1 - 0.00753373)) - 0.3 = 0.753373 again.
    up = interval(curved(CURVE), 1.9).upper[0]
    assert up == pytest.approx(0.7533732, abs=1e-7)
    assert up == pytest.approx(np.sqrt(12.0 * (0.1 - up * DT)) - 0.3, abs=1e-12)


def test_both_ends_are_mirrored():
    down, up = interval(curved(CURVE), -1.9).lower[0], interval(curved(CURVE), 1.9).upper[0]
    assert down == -up


def test_each_end_has_a_root_of_its_own():
    # FR3's joint 4: to the lower root -3.0481, 0.1 from it, slope 8: sqrt(0.04^2 + 8 (0.1 + 0.003))
    # - 0.04 - 0.3 = 0.568625.
    curve = VelocityCurve(lower=-3.0481, upper=-0.1458, slope=8.0, offset=0.3)
    found = interval(curved(curve), -2.9481)
    assert found.lower[0] == pytest.approx(-0.5686253, abs=1e-7)
    assert found.upper[0] == 1.5  # max_velocity: the other end is far


@pytest.mark.parametrize("position", [1.9925, 1.995, 2.0, 2.5])
def test_at_the_root_and_beyond_it_nothing_moves_on_but_everything_may_move_back(position):
    # sqrt(12 d) = 0.3 at d = 0.0075: from there on the curve is zero, and never negative.
    found = interval(curved(CURVE), position)
    assert found.upper[0] == pytest.approx(0.0, abs=1e-12)
    assert found.upper[0] >= 0.0
    assert found.lower[0] == -1.5


def test_far_from_the_ends_max_velocity_holds():
    np.testing.assert_array_equal(interval(curved(CURVE), 0.0), [[-1.5], [1.5]])


def test_a_joint_without_curve_is_bounded_as_before():
    found = interval(curved(CURVE, None), 1.9)
    assert (found.lower[1], found.upper[1]) == (-1.5, 1.5)
    assert found.upper[0] < 1.0


def test_the_start_ramp_and_the_curve_hold_together():
    assert interval(curved(CURVE), 1.9, speed_scale=0.1).upper[0] == pytest.approx(0.15)
    assert interval(curved(CURVE), 1.9, speed_scale=0.9).upper[0] == pytest.approx(0.7533732)


@given(
    slope=st.floats(0.1, 20.0),
    offset=st.floats(0.0, 1.0),
    room=st.floats(0.0, 3.0),
    share=st.floats(0.0, 1.0),
)
def test_whoever_keeps_the_curve_can_go_on_keeping_it(slope, offset, room, share):
    """From any state on or under the curve, slowing by aT (or to a stop) is allowed."""
    spec = curved(VelocityCurve(lower=-5.0, upper=2.0, slope=slope, offset=offset))
    velocity = share * max(np.sqrt(slope * room) - offset, 0.0)
    slowed = max(velocity - 10.0 * DT, 0.0)
    limit = VelocityLimit(replace(spec, joints=(replace(spec.joints[0], max_velocity=99.0),)), DT)
    state = LimitState(np.array([2.0 - room]), np.array([velocity]), np.array([velocity]))
    assert limit.interval(state).upper[0] >= slowed - 1e-9


def random_curves(rng, count):
    curves = []
    for _ in range(count):
        lower, upper = -rng.uniform(1.85, 2.1), rng.uniform(1.85, 2.1)
        slope, offset = rng.uniform(1.0, 20.0), rng.uniform(0.0, 0.4)
        curves.append(VelocityCurve(lower=lower, upper=upper, slope=slope, offset=offset))
    return curves


def test_adversarial_targets_break_neither_curve_nor_acceleration():
    """200 joints for 600 ticks are 120 000: targets beyond both ends, ramps and brakes between."""
    rng = np.random.default_rng(7)
    curves = random_curves(rng, 200)
    gate = SafetyFilter(curved(*curves))
    lower, upper, slope, offset = (
        np.array([getattr(c, name) for c in curves])
        for name in ("lower", "upper", "slope", "offset")
    )
    target, before, leant = np.zeros(200), np.zeros(200), 0
    for tick in range(600):
        is_new = rng.random(200) < 0.02
        target = np.where(is_new, rng.uniform(-5.0, 5.0, 200), target)
        scale = 1.0 if tick % 97 else rng.random()
        wanted = Command(target, rng.uniform(-3.0, 3.0, 200))
        is_braking = tick % 131 > 120
        verdict = gate.brake() if is_braking else gate.step(wanted, speed_scale=scale)
        position, velocity = verdict.command.position, verdict.command.velocity
        up = np.maximum(np.sqrt(np.maximum(slope * (upper - position), 0.0)) - offset, 0.0)
        down = np.maximum(np.sqrt(np.maximum(slope * (position - lower), 0.0)) - offset, 0.0)
        assert (velocity <= up + 1e-9).all()
        assert (velocity >= -down - 1e-9).all()
        most = (20.0 if is_braking else 10.0) * DT
        assert np.abs(velocity - before).max() <= most + 1e-9
        leant += int((np.minimum(up - velocity, velocity + down) < 1e-9).sum())
        before = velocity
    assert leant > 2000  # it was tried


def test_a_change_by_the_curve_is_the_velocity_limits():
    gate = SafetyFilter(curved(CURVE, max_velocity=9.0))  # far above what is reached
    gate.reset(np.array([1.6]))
    verdicts = [gate.step(Command(np.array([3.0]), np.zeros(1))) for _ in range(20)]
    shares = [v.shares[Reason.VELOCITY] for v in verdicts if Reason.VELOCITY in v.reasons]
    assert shares
    assert min(shares) > 0.0
