"""Jerk limits hold by tick sequence, and never have to give way in normal motion."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety_rig import rail, so101

from rl_agent.safety.jerk_limit import JerkLimit, has_jerk_limits
from rl_agent.safety.jerk_stop import largest_step, stopping_way
from rl_agent.safety.limit import LimitState, intersect
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.types import Command, Reason

DT = 0.01


def stop_by_ticks(speed, acceleration, most):
    """The way to rest, tick by tick, as the module's docstring tells it."""
    way, slowing = 0.0, -acceleration
    for _ in range(100_000):
        if speed <= 1e-9 and slowing >= -1e-9:
            return way
        if slowing > float(largest_step(np.array(max(speed, 0.0)))) + 1.0 + 1e-9:
            slowing -= 1.0  # braked too hard: it turns round
        else:
            slowing = min(most, float(largest_step(np.array(max(speed, 0.0)))), slowing + 1.0)
        speed -= slowing
        way += speed
        if slowing >= 0.0 and speed <= 1e-9:
            return way
    raise AssertionError("never stops")


@pytest.mark.parametrize(
    ("speed", "step"), [(0.0, 0.0), (1.0, 1.0), (2.0, 1.5), (3.0, 2.0), (6.0, 3.0)]
)
def test_an_acceleration_fades_out_in_whole_steps(speed, step):
    # 1.5 + 0.5 = 2; 2 + 1 = 3; 3 + 2 + 1 = 6.
    assert largest_step(np.array(speed)) == pytest.approx(step)


def test_a_stop_by_hand():
    # From 6 at rest of acceleration: decelerations 1, 2, 2, 1 leave 5, 3, 1, 0: 9 units of way.
    assert stopping_way(np.array(6.0), np.array(0.0), np.array(10.0)) == pytest.approx(9.0)
    # With at most 1: 5, 4, 3, 2, 1, 0.
    assert stopping_way(np.array(6.0), np.array(0.0), np.array(1.0)) == pytest.approx(15.0)


@given(st.floats(0.0, 300.0), st.floats(-1.0, 1.0), st.floats(0.3, 12.0))
def test_the_way_is_that_of_the_ticks(speed, share, most):
    acceleration = share * most
    exact = stop_by_ticks(speed, acceleration, most)
    found = float(stopping_way(np.array(speed), np.array(acceleration), np.array(most)))
    assert found >= exact - 1e-6 * max(1.0, exact)
    if -acceleration <= float(largest_step(np.array(speed))) + 1.0:
        assert found <= exact + 1e-6 * max(1.0, exact) + 1.0


def jerky(jerk, **changes):
    """The rail (v 1, a 10, +-1 m) with a jerk limit."""
    spec = rail()
    return replace(spec, joints=tuple(replace(j, max_jerk=jerk, **changes) for j in spec.joints))


CASES = {
    "soft": jerky(100.0),
    "softer": jerky(20.0),
    "nearly free": jerky(1500.0),
    "fast and soft": jerky(60.0, max_velocity=3.0, max_acceleration=6.0),
    "narrow": jerky(200.0, lower=-0.2, upper=0.25),
}


def patterns(rng, spec):
    """Endless desired commands of every bad kind."""
    joint = spec.joints[0]
    while True:
        kind, ticks = rng.integers(4), int(rng.integers(3, 120))
        side = rng.choice([-1.0, 1.0])
        for tick in range(ticks):
            if kind == 0:
                yield rng.uniform(-10.0, 10.0), rng.uniform(-10.0, 10.0)
            elif kind == 1:
                yield side * 5.0, side * 5.0
            elif kind == 2:
                yield joint.upper * np.sin(0.02 * tick * tick / 10.0), 0.0
            else:
                yield (joint.upper if side > 0 else joint.lower), side * joint.max_velocity


@pytest.mark.parametrize("name", CASES)
def test_no_limit_is_broken_whatever_is_asked(name):
    spec = CASES[name]
    joint = spec.joints[0]
    rng = np.random.default_rng(3)
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.zeros(1))
    path = [0.0, 0.0, 0.0]
    source = patterns(rng, spec)
    for _ in range(3_000):
        position, velocity = next(source)
        verdict = safety_filter.step(Command(np.array([position]), np.array([velocity])))
        path.append(float(verdict.command.position[0]))
    v = np.diff(path) / DT
    a = np.diff(v) / DT
    j = np.diff(a) / DT
    assert max(path) <= joint.upper - joint.margin + 1e-9
    assert min(path) >= joint.lower + joint.margin - 1e-9
    assert np.abs(v).max() <= joint.max_velocity + 1e-9
    assert np.abs(a).max() <= joint.max_acceleration + 1e-7
    # Third differences of positions of about 1 carry 1e-15 / T^3 of rounding.
    assert np.abs(j).max() <= joint.max_jerk + 1e-7
    # It was tried: the limits were used to the full.
    assert np.abs(v).max() > 0.9 * joint.max_velocity or name in ("narrow", "softer")
    assert np.abs(j).max() > 0.99 * joint.max_jerk


def test_the_interval_is_never_empty_beside_the_others():
    spec = CASES["soft"]
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.zeros(1))
    limits = safety_filter._limits
    rng = np.random.default_rng(4)
    source = patterns(rng, spec)
    for _ in range(1000):
        state = LimitState(
            safety_filter._position, safety_filter._velocity, safety_filter._previous_velocity
        )
        intervals = [limit.interval(state) for limit in limits]
        lower = max(float(interval.lower[0]) for interval in intervals)
        upper = min(float(interval.upper[0]) for interval in intervals)
        assert lower <= upper + 1e-9
        assert intersect(intervals).lower[0] == pytest.approx(lower, abs=1e-9)
        position, velocity = next(source)
        safety_filter.step(Command(np.array([position]), np.array([velocity])))


def test_one_tick_from_rest_is_one_step_of_jerk():
    # J T^2 = 100 * 1e-4 = 0.01 m/s.
    rest = LimitState(np.zeros(1), np.zeros(1), np.zeros(1))
    lower, upper = JerkLimit(CASES["soft"], DT).interval(rest)
    assert (lower[0], upper[0]) == pytest.approx((-0.01, 0.01))


def test_an_acceleration_goes_on_within_one_step():
    # a = 2 m/s2: next 1 to 3 m/s2, so 0.31 to 0.33 m/s.
    moving = LimitState(np.zeros(1), np.array([0.30]), np.array([0.28]))
    lower, upper = JerkLimit(CASES["soft"], DT).interval(moving)
    assert (lower[0], upper[0]) == pytest.approx((0.31, 0.33))


def test_near_full_speed_the_acceleration_fades():
    # V - v = 0.03 m/s = 3 units: a' = 2 units = 2 m/s2 may still fade out: 0.97 + 0.02.
    moving = LimitState(np.array([-0.5]), np.array([0.97]), np.array([0.95]))
    _, upper = JerkLimit(CASES["soft"], DT).interval(moving)
    assert upper[0] == pytest.approx(0.99)


def test_without_a_limit_that_can_bind_nothing_is_limited():
    assert not has_jerk_limits(so101(), DT)
    assert not has_jerk_limits(jerky(2000.0), DT)  # J T = 20 >= 2 a
    assert has_jerk_limits(jerky(1999.0), DT)
    lower, upper = JerkLimit(jerky(2000.0), DT).interval(
        LimitState(np.zeros(1), np.zeros(1), np.zeros(1))
    )
    assert (lower[0], upper[0]) == (-np.inf, np.inf)


def test_changes_name_the_jerk_limit():
    safety_filter = SafetyFilter(CASES["soft"])
    safety_filter.reset(np.zeros(1))
    verdict = safety_filter.step(Command(np.ones(1), np.zeros(1)))
    assert verdict.reasons == Reason.JERK
    assert verdict.shares[Reason.JERK] == pytest.approx(1.0 / DT - 0.01)


def test_after_emergency_braking_nothing_moves_back():
    safety_filter = SafetyFilter(CASES["soft"])
    safety_filter.reset(np.zeros(1))
    for _ in range(40):
        safety_filter.step(Command(np.ones(1), np.ones(1)))
    assert safety_filter.velocity[0] > 0.3
    while not safety_filter.is_at_rest:
        safety_filter.brake()
    there = safety_filter.position
    for _ in range(20):
        verdict = safety_filter.step(Command(there, np.zeros(1)))
    np.testing.assert_allclose(verdict.command.position, there, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_an_end_point_is_reached_without_noticeable_overshoot(name):
    spec = CASES[name]
    safety_filter = SafetyFilter(spec)
    start, end = -0.1, 0.12
    safety_filter.reset(np.array([start]))
    path = []
    for _ in range(800):
        verdict = safety_filter.step(Command(np.array([end]), np.zeros(1)))
        path.append(float(verdict.command.position[0]))
    assert path[-1] == pytest.approx(end, abs=1e-4)
    assert max(path) <= end + 0.02 * (end - start)
