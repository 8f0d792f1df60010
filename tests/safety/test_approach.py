"""The arrival law in numbers: a = 10, T = 0.01, so aT/2 = 0.05."""

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.approach import Approach, Outlook

LAW = Approach(rail(), 0.01)


def toward(gap, velocity=0.0):
    return float(LAW.toward(np.array([gap]), np.array([velocity]))[0])


def within(wanted, lowest, highest, end_velocity=0.0):
    outlook = Outlook(np.array([lowest]), np.array([highest]), np.array([end_velocity]))
    return float(LAW.within(np.array([wanted]), np.array([0.0]), outlook)[0])


@pytest.mark.parametrize(
    ("gap", "velocity", "expected"),
    [
        (0.0004, 0.0, 0.04),  # 0.04 <= aT/2: arrive in this tick
        (0.01, 1.0, 1.0),  # the reference itself moves at 1: exactly gap / T
        (0.0104, 1.0, 1.04),  # speeding up by less than aT/2 on average: exact
        (0.002, 0.0, 0.15),  # sqrt(2 * 10 * 0.002) - 0.05
        (0.05, 0.0, 0.95),  # sqrt(2 * 10 * 0.05) - 0.05
        (0.05, 0.5, 1.068034),  # sqrt(0.25 + 1) - 0.05
        (0.05, -0.5, 0.95),  # a reference that moves the other way counts as standing
        (0.0, 1.0, 0.0),
    ],
)
def test_closing_speed(gap, velocity, expected):
    assert toward(gap, velocity) == pytest.approx(expected, rel=1e-6)
    assert toward(-gap, -velocity) == pytest.approx(-expected, rel=1e-6)


def test_on_the_curve_speed_falls_by_one_acceleration_step_per_tick():
    gap, speeds = 0.05, []
    while gap > 1e-12:
        speeds.append(toward(gap))
        gap -= speeds[-1] * 0.01
    # 0.95, 0.85, ... down to one last step; a T = 0.1.
    assert np.diff(speeds[:-1]) == pytest.approx(-0.1)
    assert len(speeds) <= 11


def test_the_outlook_slows_in_time_for_the_end_of_the_motion():
    # 0.05 to go until it stands: sqrt(2 * 10 * 0.05) - 0.05 = 0.95, whatever is wanted now.
    assert within(2.0, -0.1, 0.05) == pytest.approx(0.95)
    assert within(-2.0, -0.05, 0.1) == pytest.approx(-0.95)


def test_the_outlook_allows_to_arrive_with_the_end_velocity():
    assert within(2.0, -0.1, 0.05, end_velocity=0.5) == pytest.approx(1.068034, rel=1e-6)


def test_the_outlook_never_speeds_up():
    assert within(0.3, -1.0, 1.0) == 0.3
    assert within(0.0, -1.0, 1.0) == 0.0
