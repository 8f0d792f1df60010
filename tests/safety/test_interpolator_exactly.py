"""The reference between two proposals, in numbers. The rail: a = 10, T = 0.01, so aT/2 = 0.05."""

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.interpolator import Interpolator
from rl_agent.types import Command

DT = 0.01


def command(position, velocity=0.0):
    return Command(np.array([position]), np.array([velocity]))


def started(start, end, period_s=0.1):
    path = Interpolator(rail(), DT)
    path.start(command(*start), command(*end), period_s)
    return path


@pytest.mark.parametrize(
    ("start", "end", "lowest", "highest"),
    [
        # A cubic's Bezier points, for P = 0.3: start, start + v P/3, end - v P/3, end.
        ((0.0, 0.0), (1.0, 0.0), 0.0, 1.0),
        ((1.0, 0.0), (0.0, 0.0), 0.0, 1.0),
        ((0.0, -3.0), (1.0, 0.0), -0.3, 1.0),
        ((0.0, 15.0), (1.0, 0.0), 0.0, 1.5),
        ((0.0, 0.0), (1.0, -5.0), 0.0, 1.5),
        ((0.0, 0.0), (1.0, 12.0), -0.2, 1.0),
        ((0.0, 2.0), (0.0, 1.0), -0.1, 0.2),
        ((0.5, -2.0), (0.5, -1.0), 0.3, 0.6),
        ((1.0, 0.0), (0.0, -1.0), 0.0, 1.0),
        ((0.0, 0.0), (1.0, 1.0), 0.0, 1.0),
        ((0.0, 1.0), (1.0, 0.0), 0.0, 1.0),
        ((1.0, -1.0), (0.0, 0.0), 0.0, 1.0),
    ],
)
def test_the_outlook_is_the_hull_of_the_bezier_points(start, end, lowest, highest):
    outlook = started(start, end, 0.3).outlook
    assert outlook.lowest[0] == pytest.approx(lowest, abs=1e-12)
    assert outlook.highest[0] == pytest.approx(highest, abs=1e-12)
    assert outlook.end_velocity[0] == end[1]


def test_the_path_stays_within_its_outlook():
    path = started((0.0, -3.0), (0.2, -2.0), 0.3)
    lowest, highest, _ = path.outlook
    places = [path.advance().position[0] for _ in range(30)]
    assert min(places) >= lowest[0] - 1e-12
    assert max(places) <= highest[0] + 1e-12


def test_a_cubic_by_hand():
    # From 0 at rest to 1 at rest in 10 ticks: 3 s² - 2 s³, its slope (6 s - 6 s²) / 0.1.
    path = started((0.0, 0.0), (1.0, 0.0))
    for tick in range(1, 10):
        share = tick / 10
        found = path.advance()
        assert found.position[0] == pytest.approx(3 * share**2 - 2 * share**3)
        assert found.velocity[0] == pytest.approx((6 * share - 6 * share**2) / 0.1)


def test_start_and_end_velocity_are_kept():
    # 0.2 + 0.5 t + c t² + d t³ to 0.3 at -0.4 in 0.1 s: gap 0.1, first 0.05, last -0.04.
    path = started((0.2, 0.5), (0.3, -0.4))
    c2, c3 = 3 * 0.1 - 2 * 0.05 + 0.04, 0.05 - 0.04 - 2 * 0.1
    found = [path.advance() for _ in range(10)]
    share = 0.3
    assert found[2].position[0] == pytest.approx(0.2 + 0.05 * share + c2 * share**2 + c3 * share**3)
    slope = (0.05 + 2 * c2 * share + 3 * c3 * share**2) / 0.1
    assert found[2].velocity[0] == pytest.approx(slope)
    assert found[-1].position[0] == pytest.approx(0.3)
    assert found[-1].velocity[0] == pytest.approx(-0.4)


def test_past_the_end_the_end_velocity_goes_on():
    path = started((0.0, 0.0), (1.0, 0.5), 0.02)
    found = [path.advance() for _ in range(5)]
    assert found[1].position[0] == pytest.approx(1.0)
    assert found[4].position[0] == pytest.approx(1.0 + 0.5 * 0.03)
    assert found[4].velocity[0] == 0.5


def test_the_outlook_ends_with_the_segment():
    path = started((0.0, 0.0), (1.0, 0.0), 0.03)
    seen = []
    for _ in range(5):
        path.advance()
        seen.append(path.outlook is not None)
    assert seen == [True, True, True, False, False]


def test_a_period_is_at_least_one_tick():
    path = started((0.0, 0.0), (1.0, 0.0), -5.0)
    assert path.advance().position[0] == pytest.approx(1.0)


def test_a_new_segment_begins_with_the_slope_that_the_last_one_had():
    # Constant acceleration 2 from rest: after 5 ticks the slope is 0.1 and the tick's mean 0.09.
    path = started((0.0, 0.0), (0.01, 0.2))
    found = [path.advance() for _ in range(5)][-1]
    assert found.velocity[0] == pytest.approx(0.1)
    path.start(Command(found.position, np.array([0.09])), command(0.1, 0.0), 0.1)
    # slope 0.09 + excess 0.01 = 0.1: one Bezier point lies at 0.0025 + 0.1 * 0.1 / 3.
    assert path.advance().position[0] == pytest.approx(
        0.0025 + 0.01 * 0.1 + (3 * 0.0975 - 0.02) * 0.01 + (0.01 - 2 * 0.0975) * 0.001
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_excess_is_at_most_half_a_tick_of_acceleration(sign):
    # Slope and mean differ by far more than aT/2 = 0.05 in a path that asks for the impossible.
    path = started((0.0, 0.0), (sign, 0.0), 0.02)
    first = path.advance()
    assert abs(first.velocity[0] - first.position[0] / DT) > 0.05
    path.start(Command(first.position, np.zeros(1)), Command(first.position, np.zeros(1)), 0.03)
    outlook = path.outlook
    reach = 0.05 * 0.03 / 3
    expected = (0.0, reach) if sign > 0 else (-reach, 0.0)
    found = (outlook.lowest[0] - first.position[0], outlook.highest[0] - first.position[0])
    assert found == pytest.approx(expected, abs=1e-12)


def test_forgetting_begins_plainly():
    path = started((0.0, 0.0), (0.01, 0.2))
    found = [path.advance() for _ in range(5)][-1]
    path.forget()
    path.start(Command(found.position, np.array([0.09])), command(0.1, 0.0), 0.1)
    assert path.get_state()["coefficients"][1, 0] == pytest.approx(0.009)


def test_shifting_moves_all_that_is_a_place():
    path, other = started((0.1, 0.3), (0.4, -0.2)), started((0.1, 0.3), (0.4, -0.2))
    path.advance()
    other.advance()
    other.shift(np.array([0.25]))
    assert other.outlook.lowest[0] == pytest.approx(path.outlook.lowest[0] + 0.25)
    assert other.outlook.highest[0] == pytest.approx(path.outlook.highest[0] + 0.25)
    assert other.outlook.end_velocity[0] == path.outlook.end_velocity[0]
    for _ in range(12):
        one, two = path.advance(), other.advance()
        assert two.position[0] == pytest.approx(one.position[0] + 0.25)
        assert two.velocity[0] == pytest.approx(one.velocity[0])
        assert other.get_state()["excess"][0] == pytest.approx(path.get_state()["excess"][0])
