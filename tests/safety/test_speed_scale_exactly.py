"""Shares of the speed limit by hand. T = 10 ms; `slower` takes 0.2 s to brake, `a` 0.1 s.

With half of the acceleration a share falls by at most 0.5 * 0.01 / 0.2 = 0.025 a tick.
"""

import pytest
from monitor_rig import axis, robot

from rl_agent.safety.speed_scale import SpeedScale
from rl_agent.types import Reason

FALL = 0.025


def scale(ramp_s=0.0, *, target=None):
    joints = axis("a"), axis("slower", max_acceleration=5.0)
    made = SpeedScale(robot(*joints, start_ramp_s=ramp_s))
    if target is not None:
        made.target = target
    return made


def shares(made, ticks):
    return [made.advance() for _ in range(ticks)]


def test_without_a_ramp_all_is_allowed_at_once():
    made = scale()
    assert shares(made, 3) == [1.0, 1.0, 1.0]
    assert made.reason is Reason.START_RAMP


def test_the_ramp_rises_from_a_tenth_evenly():
    made = scale(0.05)
    # 0.1 + 0.9 * n / 5.
    assert shares(made, 6) == pytest.approx([0.28, 0.46, 0.64, 0.82, 1.0, 1.0])


def test_an_operators_share_falls_as_fast_as_the_slowest_joint_brakes_gently():
    made = scale(target=0.94)
    assert shares(made, 4) == pytest.approx([1.0 - FALL, 1.0 - 2 * FALL, 0.94, 0.94])


@pytest.mark.parametrize(
    ("ramp_s", "rise"),
    [
        # 0.9 * 0.01 / 0.9 a tick, as in the ramp.
        (0.9, 0.01),
        # Not faster than it falls, with a short ramp or none.
        (0.1, FALL),
        (0.0, FALL),
    ],
)
def test_it_rises_as_slowly_as_the_ramp(ramp_s, rise):
    made = scale(ramp_s, target=0.4)
    made.restart()
    shares(made, 100)
    made.target = 0.4 + 2.5 * rise
    expected = [0.4 + rise, 0.4 + 2 * rise, 0.4 + 2.5 * rise, 0.4 + 2.5 * rise]
    assert shares(made, 4) == pytest.approx(expected)


def test_with_arming_the_share_takes_effect_at_once_and_the_ramp_begins_anew():
    made = scale(0.05)
    shares(made, 9)
    made.target = 0.5
    made.restart()
    assert shares(made, 2) == pytest.approx([0.14, 0.23])


def test_who_bites_more_is_named():
    made = scale(0.05, target=0.5)
    made.restart()
    named = []
    for _ in range(5):
        made.advance()
        named.append(made.reason)
    # The ramp: 0.28, 0.46, 0.64 ...
    assert named == [Reason.START_RAMP] * 2 + [Reason.SPEED_SCALE] * 3


def test_it_goes_on_where_it_was_saved():
    made, other = scale(0.5, target=0.3), scale(0.5)
    shares(made, 7)
    other.set_state(made.get_state())
    assert other.target == 0.3
    assert shares(other, 30) == shares(made, 30)
