"""Many jerk-limited joints at once, soft and stiff, in wide and narrow ranges, at their limits."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.acceleration_limit import AccelerationLimit
from rl_agent.safety.jerk_limit import JerkLimit
from rl_agent.safety.jerk_stop import stopping_way
from rl_agent.safety.limit import LimitState, intersect
from rl_agent.safety.position_limit import PositionLimit
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.safety.velocity_limit import VelocityLimit
from rl_agent.types import Command

DT = 0.01
NUM = 64


def many_joints(rng):
    """The rail with joints of every kind: J T from 0.003 A to 2 A, ranges from 1 J T^3 on."""
    plain = rail().joints[0]
    most_velocity = 10 ** rng.uniform(-1.3, 1.0, NUM)
    most_acceleration = 10 ** rng.uniform(-0.5, 2.0, NUM)
    most_jerk = most_acceleration * 10 ** rng.uniform(-2.5, np.log10(1.99), NUM) / DT
    half = 10 ** rng.uniform(0.0, 6.0, NUM) * most_jerk * DT**3
    numbers = zip(most_velocity, most_acceleration, most_jerk, half, strict=True)
    return rail(
        joints=tuple(
            replace(
                plain,
                name=f"joint_{index}",
                lower=-width - 0.1,
                upper=width + 0.1,
                max_velocity=velocity,
                max_acceleration=acceleration,
                brake_deceleration=2.0 * acceleration,
                max_jerk=jerk,
            )
            for index, (velocity, acceleration, jerk, width) in enumerate(numbers)
        )
    )


def wishes(rng, ticks, upper):
    """Per tick: a wish between the allowed velocities (0 the lowest, 1 the highest), or a place."""
    kind = rng.integers(0, 5, (1 + ticks // 8, NUM)).repeat(8, axis=0)
    side = rng.integers(0, 2, (1 + ticks // 60, NUM)).repeat(60, axis=0)
    pitch = 10 ** rng.uniform(-3.0, -0.4, NUM)
    for tick in range(ticks):
        random = rng.random(NUM)
        wave = 0.5 + 0.5 * np.sin(2.0 * np.pi * pitch * tick)
        edge = np.where(side[tick] > 0, 1.0, 0.0)
        choices = [random, edge, np.round(random), wave]
        place = upper * (2.0 * edge - 1.0) * random
        yield np.select([kind[tick] == k for k in range(4)], choices, np.nan), place


def scales(rng, name, ticks):
    """The speed scale of each tick: full, a start ramp, or a hand that turns it up and down."""
    if name == "full":
        return np.ones(ticks)
    if name == "ramp":
        return np.minimum(0.1 + 0.9 * np.arange(ticks) / 400, 1.0)
    return rng.uniform(0.0, 1.0, 1 + ticks // 70).repeat(70)[:ticks]


@pytest.mark.parametrize("scale", ["full", "ramp", "up and down"])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_limit_is_broken_and_none_yields_in_a_hundred_thousand_ticks_of_joints(scale, seed):
    rng = np.random.default_rng(seed)
    spec, ticks = many_joints(rng), 1600
    limits = [kind(spec, DT) for kind in (PositionLimit, VelocityLimit, AccelerationLimit)]
    limits.append(JerkLimit(spec, DT))
    rows = [
        (j.max_jerk * DT**2, j.max_velocity, j.max_acceleration * DT, j.upper - j.margin)
        for j in spec.joints
    ]
    jerk_step, speed, step, upper = np.array(rows).T
    position, velocity, before = np.zeros(NUM), np.zeros(NUM), np.zeros(NUM)
    fastest = np.zeros(NUM)
    for (wish, place), share in zip(
        wishes(rng, ticks, upper), scales(rng, scale, ticks), strict=True
    ):
        intervals = [
            limit.interval(LimitState(position, velocity, before, share)) for limit in limits
        ]
        lowest = np.max([interval.lower for interval in intervals], axis=0)
        highest = np.min([interval.upper for interval in intervals], axis=0)
        assert (lowest - highest <= 1e-7 * jerk_step).all()
        allowed = intersect(intervals)
        wanted = np.where(
            np.isnan(wish),
            (place - position) / DT,
            allowed.lower + wish * (allowed.upper - allowed.lower),
        )
        chosen = np.minimum(np.maximum(wanted, allowed.lower), allowed.upper)
        assert (np.abs(chosen - 2.0 * velocity + before) <= jerk_step * (1.0 + 1e-7)).all()
        assert (np.abs(chosen - velocity) <= step * (1.0 + 1e-9)).all()
        assert (np.abs(chosen) <= speed + 1e-9).all()
        before, velocity, position = velocity, chosen, position + chosen * DT
        assert (np.abs(position) <= upper + 1e-9).all()
        fastest = np.maximum(fastest, np.abs(velocity) / speed)
    # Where there is room for it, the full speed was used.
    assert (fastest > 0.9).sum() >= 10 or scale != "full"


def test_a_joint_that_stands_after_turning_its_acceleration_has_come_all_that_way():
    # 0.875 with acceleration 1.0625: one tick to 0.9375, then a deceleration of 0.9375 to rest.
    way = stopping_way(np.array(0.875), np.array(1.0625), np.array(10.0))
    assert way == pytest.approx(0.9375)


def test_after_braking_at_full_speed_beside_the_end_only_the_first_tick_is_sudden():
    # 200 m/s3, 10 m/s2, 1 m/s and J T^2 = 0.02 m/s: the last stop begins 0.075 m before the end.
    joint = replace(rail().joints[0], max_jerk=200.0)
    spec = rail(joints=(joint,))
    for brake_at in range(80, 230, 3):
        safety_filter = SafetyFilter(spec)
        safety_filter.reset(np.zeros(1))
        velocities, braking = [], []
        for tick in range(260):
            is_braking = brake_at <= tick < brake_at + 1 + brake_at % 3
            if is_braking:
                safety_filter.brake()
            else:
                safety_filter.step(Command(np.full(1, 5.0), np.ones(1)))
            velocities.append(float(safety_filter.velocity[0]))
            braking.append(is_braking)
        assert safety_filter.position[0] <= 1.0 + 1e-9
        jerk = np.abs(np.diff(velocities, n=2)) / DT**2
        calm = ~np.array(braking)
        is_judged = calm[2:] & calm[1:-1] & calm[:-2]
        assert jerk[is_judged].max() <= 200.0 * (1.0 + 1e-6)


def test_what_is_saved_right_after_braking_goes_on_the_same():
    spec = rail(joints=(replace(rail().joints[0], max_jerk=200.0),))
    one, other = SafetyFilter(spec), SafetyFilter(spec)
    one.reset(np.array([0.5]))
    for _ in range(40):
        one.step(Command(np.full(1, 5.0), np.ones(1)))
    one.brake()
    other.set_state(one.get_state())
    wish = Command(np.zeros(1), np.zeros(1))
    for _ in range(3):
        ours, theirs = one.step(wish).command, other.step(wish).command
        np.testing.assert_array_equal(ours.position, theirs.position)
