"""Orientations by hand: 0.5 rad may be, and one must come every 100 ms."""

import math

import numpy as np
import pytest
from monitor_rig import seen

from rl_agent.safety.signals import Heartbeat, ImuReading
from rl_agent.safety.tilt_monitor import TiltMonitor
from rl_agent.types import Reason


def turn(angle_rad, axis):
    """A quaternion (w, x, y, z)."""
    return np.array([math.cos(angle_rad / 2), *(math.sin(angle_rad / 2) * np.array(axis))])


X, Y, Z = np.eye(3)
UPRIGHT = turn(0.0, X)


@pytest.fixture
def monitor():
    return TiltMonitor(0.5)


def feel(monitor, quat, received_s=1.0):
    monitor.hear(ImuReading(quat, received_s))


def tilt(monitor):
    return monitor.get_state()["tilt_rad"]


@pytest.mark.parametrize(
    ("angle_rad", "axis", "expected"),
    [
        (0.3, X, 0.3),
        (-0.3, X, 0.3),
        (0.3, Y, 0.3),
        (2.0, Y, 2.0),
        (math.pi, X, math.pi),
        (3.0, Z, 0.0),
        # About a slanted axis n the vertical leans by acos(cos a + nz^2 (1 - cos a)).
        (math.pi / 2, (0.6, 0.0, 0.8), math.acos(0.64)),
        (math.pi / 2, (0.0, 0.6, 0.8), math.acos(0.64)),
    ],
)
@pytest.mark.parametrize("length", [1.0, 0.8, 1.3])
def test_the_tilt_is_the_verticals_angle_whatever_the_quaternions_length(
    monitor, angle_rad, axis, expected, length
):
    feel(monitor, length * turn(angle_rad, axis))
    assert tilt(monitor) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("angle_rad", "has_fallen"), [(0.49, False), (0.51, True)])
def test_a_fall_stops_and_refuses(monitor, angle_rad, has_fallen):
    feel(monitor, turn(angle_rad, X))
    words = "the robot leans by 0.510 rad (29 degrees), more than the 0.5 allowed"
    found = monitor.check(seen(1.0))
    assert found == ((Reason.FALL, words, True) if has_fallen else None)
    obstacle = monitor.obstacle(1.0, seen().measurement)
    assert obstacle == (f"{words}; put it upright" if has_fallen else "")


@pytest.mark.parametrize(("age_s", "is_stale"), [(0.1, False), (0.1 + 2e-9, True)])
def test_an_orientation_must_come_every_tenth_of_a_second(monitor, age_s, is_stale):
    feel(monitor, UPRIGHT, received_s=0.0)
    found = monitor.check(seen(age_s))
    stale = (Reason.STALE_OBSERVATION, "no new orientation from imu", False)
    assert found == (stale if is_stale else None)
    obstacle = monitor.obstacle(age_s, seen().measurement)
    assert obstacle == ("no orientation arrives on imu; start its driver" if is_stale else "")


def test_a_fall_is_told_before_silence(monitor):
    feel(monitor, turn(1.0, X), received_s=0.0)
    assert monitor.check(seen(9.0)).reason is Reason.FALL
    assert "start its driver" in monitor.obstacle(9.0, seen().measurement)


@pytest.mark.parametrize(
    "quat",
    [
        np.zeros(4),
        math.sqrt(0.49) * turn(1.0, X),
        math.sqrt(2.01) * turn(1.0, X),
        np.array([np.nan, 1.0, 0.0, 0.0]),
        np.array([1.0, 0.0, 0.0, np.nan]),
        np.array([1.0, 0.0, 0.0, np.inf]),
        np.array([1.0, 0.0, 0.0]),
        np.array([[0.0, 1.0, 0.0, 0.0]]),
    ],
)
def test_what_is_no_rotation_is_not_heard(monitor, quat):
    feel(monitor, UPRIGHT, received_s=1.0)
    feel(monitor, quat, received_s=2.0)
    assert monitor.get_state() == {"tilt_rad": 0.0, "received_s": 1.0}


@pytest.mark.parametrize("norm2", [0.51, 1.99])
def test_a_rotation_of_nearly_any_length_is_heard(monitor, norm2):
    feel(monitor, math.sqrt(norm2) * turn(1.0, X))
    assert tilt(monitor) == pytest.approx(1.0)


@pytest.mark.parametrize("angle_rad", [1e-9, 1e-5, math.pi - 1e-9])
def test_the_smallest_and_the_largest_tilts_are_told_apart(monitor, angle_rad):
    feel(monitor, turn(angle_rad, Y))
    assert tilt(monitor) == pytest.approx(angle_rad, rel=1e-12)


def test_other_signals_are_nothing_to_it(monitor):
    monitor.hear(Heartbeat(1.0))
    assert monitor.get_state()["received_s"] is None


@pytest.mark.parametrize("received_s", [None, 1.0])
def test_it_goes_on_where_it_was_saved(monitor, received_s):
    if received_s is not None:
        feel(monitor, turn(0.3, Y), received_s)
    other = TiltMonitor(0.5)
    feel(other, turn(0.7, Y), 5.0)
    other.set_state(monitor.get_state())
    assert other.get_state() == monitor.get_state()
    assert (other.check(seen(1.05)) is None) == (received_s is not None)
