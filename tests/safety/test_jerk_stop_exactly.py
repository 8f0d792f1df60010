"""The way to a stop within a jerk limit, in units of T and J; every sequence of ticks by hand."""

import numpy as np
import pytest

from rl_agent.safety.jerk_stop import (
    _can_rise,
    _fading_speed,
    _fading_way,
    _holding_ticks,
    _ramped,
    _ramped_way,
    _rising_ticks,
    largest_step,
    stopping_way,
)

TRIANGULAR = np.cumsum(np.arange(200.0))


def arrays(*numbers):
    return [np.array([float(number)]) for number in numbers]


def falling_from(speed):
    """The largest x with x + (x - 1) + ... <= speed: whole steps fit as triangular numbers do."""
    num = np.searchsorted(TRIANGULAR, np.maximum(speed, 0.0), side="right")
    return (np.maximum(speed, 0.0) + TRIANGULAR[num - 1]) / num


def way_by_ticks(speed, acceleration, most):
    """The sum of the speeds, tick by tick, until the joint stands or goes away."""
    slowing, way = -acceleration, np.zeros_like(speed)
    stands = np.zeros(speed.shape, dtype=bool)
    for _ in range(5_000):
        stands |= (speed <= 1e-9) & (slowing >= 0.0)
        if stands.all():
            return way
        rising = slowing + 1.0
        held_back = np.minimum(np.minimum(most, falling_from(speed)), rising)
        slowing = np.where(stands, slowing, np.where(slowing <= -1.0, rising, held_back))
        speed = np.where(stands, speed, speed - slowing)
        way = np.where(stands, way, way + speed)
    raise AssertionError("never stands")


@pytest.mark.parametrize(
    ("speed", "step"),
    # 1.5 + 0.5; 2 + 1; 2.5 + 1.5 + 0.5; 3 + 2 + 1.
    [(-3, 0), (0, 0), (0.5, 0.5), (1, 1), (2, 1.5), (3, 2), (4.5, 2.5), (6, 3)],
)
def test_an_acceleration_that_fades_out_in_steps_of_one(speed, step):
    assert largest_step(*arrays(speed)) == pytest.approx(step)


def test_ramping_by_hand():
    # Decelerations -1, 0, 1 from a speed of 10: 11, 11, 10.
    speed, slowing = _ramped(*arrays(10, -2, 3))
    assert (speed, slowing) == (10.0, 1.0)
    assert _ramped_way(*arrays(10, -2, 3)) == 32.0
    # 1.5, 2.5: 8.5, 6.
    assert _ramped(*arrays(10, 0.5, 2)) == (6.0, 2.5)
    assert _ramped_way(*arrays(10, 0.5, 2)) == 14.5


@pytest.mark.parametrize(
    ("slowing", "speed"), [(0, 0), (0.5, 0), (1, 0), (1.5, 0.5), (2.5, 2), (3, 3)]
)
def test_falling_takes_speed(slowing, speed):
    assert _fading_speed(*arrays(slowing)) == speed


@pytest.mark.parametrize(
    ("speed", "slowing", "ticks", "can"),
    [
        # 1, 2 leave 1, and falling from 2 takes 1.
        (4, 0, 2, True),
        (3.9, 0, 2, False),
        (1, 0, 1, True),
        (0.9, 0, 1, False),
        # 2.5 leaves 2, and falling from 2.5 takes 2.
        (4.5, 1.5, 1, True),
        (4.4, 1.5, 1, False),
        (2, 2.5, 0, True),
        (1.9, 2.5, 0, False),
    ],
)
def test_it_may_rise_while_it_can_still_fall(speed, slowing, ticks, can):
    assert bool(_can_rise(*arrays(speed, slowing, ticks))[0]) is can


@pytest.mark.parametrize(
    ("speed", "slowing", "most", "ticks"),
    [
        (4, 0, 9, 2),
        (3.9, 0, 9, 1),
        (4, 0, 1.9, 1),
        (4, 0, 0.9, 0),
        # 3, 4, 5 leave 10, and falling from 5 takes 10.
        (22, 2, 9, 3),
        (21.9, 2, 9, 2),
        (0, 0, 9, 0),
        # Far too hard for so little speed.
        (0, 8, 9, 0),
        (0, 0.5, 9, 0),
        (2, 30, 30, 0),
    ],
)
def test_ticks_in_which_the_deceleration_rises(speed, slowing, most, ticks):
    assert _rising_ticks(*arrays(speed, slowing, most)) == ticks


@pytest.mark.parametrize(
    ("speed", "most", "ticks"),
    # Falling from 2 takes 1, from 2.5 takes 2, from a half nothing.
    [(5, 2, 2), (4.9, 2, 1), (2.9, 2, 0), (0.5, 2, 0), (7, 2.5, 2), (3, 0.5, 6)],
)
def test_ticks_at_the_largest_deceleration(speed, most, ticks):
    assert _holding_ticks(*arrays(speed, most)) == ticks


@pytest.mark.parametrize(
    ("speed", "way"),
    # 2.5, 1.5, 0.5 leave 2, 0.5, 0; 3, 2, 1 leave 3, 1, 0; (7 + 6) / 4 is 3.25: 3.75, 1.5, 0.25.
    [(0, 0), (0.7, 0), (1, 0), (4.5, 2.5), (6, 4), (7, 5.5)],
)
def test_the_way_of_falling(speed, way):
    assert _fading_way(*arrays(speed)) == pytest.approx(way)


@pytest.mark.parametrize(
    ("speed", "acceleration", "most", "way"),
    [
        # 1, 2, 2, 1 leave 5, 3, 1, 0.
        (6, 0, 10, 9),
        # 1 each tick: 5, 4, 3, 2, 1, 0.
        (6, 0, 1, 15),
        # 0.5 each tick.
        (2, 0, 0.5, 3),
        # 1, 2, 2, 2, 1 leave 7, 5, 3, 1, 0.
        (8, 0, 2, 16),
        # Still gains: 1, 0, then 1, 1, 1 leave 2 + 1, 3, 2, 1, 0.
        (2, 2, 1, 9),
        # Turns towards the border: -3 + 2 + 1 + 0, then 0.
        (-3, 3, 3, 0),
        # Turns and comes: -1, 2, 4, 5, 5, then 1, 2, 1.5, 0.5 leave 4, 2, 0.5, 0.
        (-5, 5, 5, 21.5),
        # -8 + 4 + 3 + 2 + 1 + 0 are -4, -1, 1, 2, 2, then 1, 1: 1, 0.
        (-8, 5, 5, 1),
        # Comes to rest where it is still farther away: -5.75, -2.75, -0.75, 0.25, 0.25, 0.
        (-9.75, 5, 5, -8.75),
        # -1.5, 0, 0.5, and stands in the tick in which it turns: none of its way is ahead.
        (-4, 3.5, 9, 0),
        # Moves away, with nothing to turn it.
        (-4, 1, 10, 0),
        (-4, -2, 10, 0),
        # Brakes harder than can fade out: no more than if it stood at once.
        (0.5, -1.6, 1.6, 0),
        (0.5, -20, 20, 0),
        # Brakes as hard as it can: 3, 2, 1 leave 3, 1, 0.
        (6, -3, 3, 4),
        (6, -2, 9, 4),
        # The tick in which acceleration turns to braking: 0.5, 1.5, 1 leave 2.5, 1, 0.
        (3, 0.5, 9, 3.5),
        # ... within the largest deceleration: 0.3 each tick leave 0.6, 0.3, 0.
        (0.9, 0.3, 0.3, 0.9),
        # ... and no harder than can fade out.
        (0.25, 0.25, 9, 0),
    ],
)
def test_a_stop_by_hand(speed, acceleration, most, way):
    assert stopping_way(*arrays(speed, acceleration, most)) == pytest.approx(way)


def test_the_way_is_that_of_the_ticks():
    rng = np.random.default_rng(0)
    steps = np.arange(-10.0, 40.01, 0.25)
    speed, most, share = np.meshgrid(
        [*steps, *rng.uniform(-30.0, 200.0, 60)],
        [0.3, 0.5, 1.0, 1.5, 2.0, 2.25, 3.0, 5.0, 8.3, 12.0],
        [*np.linspace(-1.0, 1.0, 9), *rng.uniform(-1.0, 1.0, 5)],
    )
    speed, most, acceleration = speed.ravel(), most.ravel(), (share * most).ravel()
    # One that brakes harder has to turn round first, which the law bounds only.
    plain = -acceleration <= falling_from(speed) + 1.0
    speed, most, acceleration = speed[plain], most[plain], acceleration[plain]
    found = np.maximum(stopping_way(speed, acceleration, most), 0.0)
    expected = np.maximum(way_by_ticks(speed, acceleration, most), 0.0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
