"""The arrival law where a motion does not start at zero: a = 10, T = 0.01, so aT/2 = 0.05."""

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.approach import Approach, Outlook

LAW = Approach(rail(), 0.01)


def within(wanted, position, lowest, highest, end_velocity=0.0):
    outlook = Outlook(np.array([lowest]), np.array([highest]), np.array([end_velocity]))
    return float(LAW.within(np.array([wanted]), np.array([position]), outlook)[0])


def test_the_room_is_counted_from_where_the_joint_is():
    # From 0.4 to 0.45: sqrt(2 * 10 * 0.05) - 0.05 = 0.95; from -0.4 to -0.45 likewise.
    assert within(2.0, 0.4, -1.0, 0.45) == pytest.approx(0.95)
    assert within(-2.0, -0.4, -0.45, 1.0) == pytest.approx(-0.95)


def test_past_the_end_nothing_more_is_asked_for():
    assert within(2.0, 0.5, -1.0, 0.45) == 0.0
    assert within(-2.0, -0.5, -0.45, 1.0) == 0.0


def test_a_motion_that_ends_backwards_arrives_standing():
    # As for an end at rest: 0.95.
    assert within(2.0, 0.4, -1.0, 0.45, end_velocity=-0.7) == pytest.approx(0.95)
    assert within(-2.0, -0.4, -0.45, 1.0, end_velocity=0.7) == pytest.approx(-0.95)


def test_less_than_one_tick_away_arriving_matters():
    # 0.0003 to go: 0.03 in one tick, where the curve would say sqrt(0.006) - 0.05 = 0.0275.
    assert within(2.0, 0.4, -1.0, 0.4003) == pytest.approx(0.03)
