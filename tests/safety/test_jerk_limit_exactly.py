"""The jerk limit by hand: J and T are 1, A is 4, V is 6, and the soft borders are -90 and 100."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.jerk_limit import JerkLimit, has_jerk_limits
from rl_agent.safety.limit import LimitState

PLAIN = {
    "max_jerk": 1.0,
    "max_acceleration": 4.0,
    "brake_deceleration": 8.0,
    "max_velocity": 6.0,
    "lower": -100.0,
    "upper": 110.0,
    "margin": 10.0,
}
UPPER, LOWER = 100.0, -90.0
FAST = {"max_velocity": 50.0}


def jerky(*joints):
    """The rail's joint once for each of these changes."""
    spec = rail()
    made = tuple(
        replace(spec.joints[0], name=f"rail_{index}", **{**PLAIN, **changes})
        for index, changes in enumerate(joints)
    )
    names = tuple(joint.name for joint in made)
    action = replace(spec.action, joints=names, max_speed=(1.0,) * len(names))
    return replace(spec, joints=made, action=action)


def moving(velocity, before=None, position=0.0, **more):
    before = velocity if before is None else before
    return LimitState(*(np.array([float(x)]) for x in (position, velocity, before)), **more)


def allowed(state, changes=None, **more):
    lower, upper = JerkLimit(jerky(changes or {}), 1.0, **more).interval(state)
    return pytest.approx((lower[0], upper[0]), abs=1e-9)


def check_both_ways(velocity, before, expected, changes=None, **more):
    """Insist on what is allowed, and on its mirror image."""
    assert allowed(moving(velocity, before, **more), changes) == expected
    mirrored = allowed(moving(-velocity, -before, **more), changes)
    assert mirrored == (-expected[1], -expected[0])


@pytest.mark.parametrize(
    ("velocity", "before", "expected"),
    [
        (0, 0, (-1, 1)),
        # The last acceleration was 2: next 1 to 3, and 2 can still fade out on the 3 left: 2 + 1.
        (3, 1, (4, 5)),
        # It was -2, and the way back to -6 is far.
        (3, 5, (0, 2)),
        # The 0.5 left allow as much.
        (5.5, 5.5, (4.5, 6)),
        # At full speed, and it can fade no faster.
        (6, 2, (9, 9)),
        # Beyond full speed this limit asks for nothing but no more of it.
        (7, 7, (6, 7)),
    ],
)
def test_one_step_of_jerk_either_way_far_from_the_borders(velocity, before, expected):
    check_both_ways(velocity, before, expected)


@pytest.mark.parametrize(
    ("velocity", "before", "expected"),
    [
        (0, -4, (3, 4)),
        # An acceleration of 9 that it cannot have had counts as 4.
        (0, -9, (3, 4)),
        # From the hardest braking, too, it is one step.
        (20, 24, (16, 17)),
    ],
)
def test_never_more_than_the_largest_acceleration(velocity, before, expected):
    check_both_ways(velocity, before, expected, FAST)


def beside(velocity, before, room, **more):
    """What is allowed at this distance to the upper border, and mirrored to the lower one."""
    limit = JerkLimit(jerky(FAST), 1.0)
    towards = limit.interval(moving(velocity, before, UPPER - room, **more))
    away = limit.interval(moving(-velocity, -before, LOWER + room, **more))
    assert (-away.upper[0], -away.lower[0]) == pytest.approx((towards.lower[0], towards.upper[0]))
    return pytest.approx((towards.lower[0], towards.upper[0]), abs=1e-9)


@pytest.mark.parametrize(
    ("velocity", "room", "expected"),
    [
        # 1 and 1 of way, and half a tick of the fastest speed: just enough for a whole step.
        (0, 2.5, 1),
        # For a above 1 / 2: a, then 2 a - 1, and a / 2; the largest 32nd below 4 / 7.
        (0, 1, 18 / 32),
        (0, 0, 0),
        # Stands in this very tick, which the grid of accelerations would miss.
        (0.3, 0, 0),
        # It is too late, so brakes what it can.
        (3, 0, 2),
        # Beyond the border by 0.1: back by at least as much, in 32nds from -0.75 on.
        (0.5, -0.1, -0.125),
    ],
)
def test_beside_a_border_as_much_as_leaves_room_to_stop(velocity, room, expected):
    lower = velocity - 1
    assert beside(velocity, velocity, room) == (lower, expected)


def test_hardest_braking_beside_a_border_does_not_become_harder():
    # -3 would only stand.
    assert beside(3, 7, 0) == (-1, 0)
    assert beside(3, 7, -2) == (-1, -1)


def test_one_that_stands_has_nothing_to_slow_after_emergency_braking():
    # The border asks for 3 back, in 64ths of the 5 from -4 to 1; one step of jerk still is one.
    assert beside(0, 0, -3, is_after_brake=True) == (-1, -4 + 12 * 5 / 64)


def test_after_emergency_braking_it_may_slow_at_once():
    # Braking by 2 leaves 1, then 0: 1 of way, and half a tick of 1.
    assert beside(3, 3, 1.5, is_after_brake=True) == (1, 1)
    assert beside(3, 3, 1.5) == (2, 2)
    # Far from borders nothing changes.
    assert beside(3, 3, 80, is_after_brake=True) == (2, 4)
    # Even from the hardest braking, it is no more than that.
    assert beside(3, 13, -2, is_after_brake=True) == (-1, -1)


@pytest.mark.parametrize(
    ("scale", "velocity", "before", "expected"),
    [
        # The way to 3 is far, then 1 is left: exactly 1; then 0.5.
        (0.5, 0, 0, (-1, 1)),
        (0.5, 2, 2, (1, 3)),
        (0.5, 2.5, 2.5, (1.5, 3)),
        # 2 too fast: 1.5 can fade out, but it begins with 1.
        (0.5, 5, 5, (4, 4)),
        # 1 too fast, and it slows by 1 already.
        (0.5, 4, 5, (2, 3)),
        # It still gains speed, and can only gain less.
        (0.5, 5, 3, (6, 6)),
        # To a stop; a scale below 0 is one of 0.
        (0.0, 0.5, 0.5, (0, 0)),
        (-0.5, 0.5, 0.5, (0, 0)),
        # Out of the way back to -3, 0.5 is left.
        (0.5, -2.5, -2.5, (-3, -1.5)),
    ],
)
def test_a_scale_is_reached_smoothly_from_either_side(scale, velocity, before, expected):
    check_both_ways(velocity, before, expected, speed_scale=scale)


def test_a_scale_waits_for_what_the_borders_ask():
    # Too fast for the scale by 2, at the end of its way: 2 - 1 it is.
    limit = JerkLimit(jerky({}), 1.0)
    lower, upper = limit.interval(moving(3, 3, UPPER, speed_scale=0.9))
    assert (lower[0], upper[0]) == pytest.approx((2.0, 2.0))


@pytest.mark.parametrize(("most", "expected"), [(3.0, 3.0), (9.0, 3.5)])
def test_another_limit_may_be_slower_still(most, expected):
    state = moving(2.5, 2.5)
    assert allowed(state, most_speed=np.array([most])) == (1.5, expected)


def test_a_jerk_that_cannot_bind_does_not():
    # 2 A in one tick is all that there is.
    limit = JerkLimit(jerky({"max_jerk": 8.0}, {"max_jerk": 7.9}, {"max_jerk": np.inf}), 1.0)
    rest = LimitState(np.zeros(3), np.zeros(3), np.zeros(3))
    lower, upper = limit.interval(rest)
    np.testing.assert_allclose(lower, [-np.inf, -4.0, -np.inf])
    np.testing.assert_allclose(upper, [np.inf, 4.0, np.inf])
    wanted = np.full(3, -9.0)
    arriving = limit.arrive(wanted, rest, np.full(3, 50.0), np.zeros(3))
    np.testing.assert_allclose(arriving, [-9.0, 0.0, -9.0])


@pytest.mark.parametrize(
    ("jerks", "expected"),
    [((8.0, np.inf), False), ((7.9, 8.0), True), ((np.inf, 1.0), True), ((1.0, 1.0), True)],
)
def test_one_joint_whose_jerk_limit_binds_is_enough(jerks, expected):
    assert has_jerk_limits(jerky(*({"max_jerk": jerk} for jerk in jerks)), 1.0) is expected


@pytest.mark.parametrize(
    ("velocity", "acceleration", "way"),
    [
        # 1, then 1, 0; the fastest is 1.
        (0, 1, 2.5),
        # 2.5, 4, 4.5, 4, 2.5, 0.75, 0; the fastest is 4.5.
        (0, 2.5, 20.5),
        # 5, 3, 1, 0, and half of 5.
        (6, -1, 11.5),
        # Away from the border it is not fast.
        (-3, 1, -2),
    ],
)
def test_the_way_to_rest_and_half_a_tick_of_the_fastest_speed(velocity, acceleration, way):
    limit = JerkLimit(jerky({}), 1.0)
    assert limit._way(np.array([velocity]), np.array([acceleration])) == pytest.approx(way)


def arriving(wanted, state, room, end_speed=0.0, changes=None):
    """What is left of a wanted velocity with this room ahead; the mirror image must be the same."""
    limit = JerkLimit(jerky(changes or {}), 1.0)
    end_speed = np.array([end_speed])
    found = limit.arrive(np.array([wanted]), state, state.position + room, end_speed)
    mirror = replace(
        state,
        position=-state.position,
        velocity=-state.velocity,
        previous_velocity=-state.previous_velocity,
    )
    mirrored = limit.arrive(np.array([-wanted]), mirror, mirror.position - room, end_speed)
    assert mirrored == pytest.approx(-found)
    return pytest.approx(found[0], abs=1e-9)


@pytest.mark.parametrize(
    ("wanted", "room", "expected"),
    [(5, 80, 1), (0.25, 80, 0.25), (5, 2.5, 1), (5, 1, 18 / 32), (5, 0, 0), (0, 80, 0)],
)
def test_from_rest_to_a_references_end(wanted, room, expected):
    assert arriving(wanted, moving(0, position=10), room) == expected


@pytest.mark.parametrize(
    ("velocity", "room", "end_speed", "expected"),
    [
        # 3, 2, 0.5, 0 after the next tick's 3, and half of 3.
        (3, 7, 0, 3),
        # One that goes on with 3 has the 2.5 after it, too.
        (3, 4.5, 3, 3),
        # One that comes back from there stands in between.
        (3, 7, -3, 3),
        # An end that lies behind is one that is reached: 2.5 of way, see above.
        (1, -5, 3, 1 + 9 / 32),
    ],
)
def test_a_reference_that_goes_on_at_its_end_may_be_met_faster(velocity, room, end_speed, expected):
    assert arriving(5, moving(velocity, position=10), room, end_speed) == expected


def test_one_that_moves_arrives_within_its_jerk_limit():
    # At most one step less than the braking before, which was at most 4.
    assert arriving(50, moving(20, 22), 5000, changes=FAST) == 19
    assert arriving(50, moving(6, 16), 5000, changes=FAST) == 3
    # It would turn round: nothing of what was wanted is left.
    assert arriving(5, moving(0.5, 3), 0) == 0


def test_after_emergency_braking_it_may_arrive_at_once():
    assert arriving(5, moving(3, is_after_brake=True), 1.5) == 1
    assert arriving(5, moving(3), 1.5) == 2
