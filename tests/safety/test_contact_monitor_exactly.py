"""Efforts by hand. Half of max_effort may be: 2 of 4 N, and 1 of 2 N for the weaker joint."""

import pytest
from monitor_rig import axis, robot, seen, swing

from rl_agent.safety.contact_monitor import NO_EFFORT, ContactMonitor
from rl_agent.types import Reason

FREE = (99.0, 2.0, 1.0)
"""The passive joint's effort is nobody's business."""


@pytest.fixture
def monitor():
    joints = swing(), axis("a", max_effort=4.0), axis("weaker", max_effort=2.0)
    return ContactMonitor(robot(*joints), 0.5)


def feel(monitor, now_s, effort, speed=(0.0, 0.1)):
    return monitor.check(seen(now_s, (0.0,) * 3, effort=effort, commanded_velocity=speed))


def test_without_efforts_it_holds_and_is_not_armed(monitor):
    finding = feel(monitor, 1.0, None)
    assert finding == (Reason.CONTACT, NO_EFFORT, False)
    assert monitor.obstacle(1.0, seen(1.0, (0.0,) * 3).measurement) == NO_EFFORT
    assert monitor.obstacle(1.0, seen(1.0, (0.0,) * 3, effort=FREE).measurement) == ""


@pytest.mark.parametrize(
    ("effort", "words"),
    [
        (FREE, None),
        ((0.0, -2.0, -1.0), None),
        ((0.0, 2.1, 0.0), "a needs an effort of 2.1, more than 2: it touches something"),
        ((0.0, -2.1, 0.0), "a needs an effort of 2.1, more than 2: it touches something"),
        ((0.0, 2.1, 1.2), "weaker needs an effort of 1.2, more than 1: it touches something"),
        ((0.0, 2.3, 1.2), "a needs an effort of 2.3, more than 2: it touches something"),
    ],
)
def test_the_joint_furthest_beyond_its_share_is_named(monitor, effort, words):
    assert feel(monitor, 1.0, effort) is None
    finding = feel(monitor, 1.03, effort)
    assert finding == (None if words is None else (Reason.CONTACT, words, True))


@pytest.mark.parametrize(
    ("lasts_s", "is_contact"), [(0.02, False), (0.02 + 5e-10, False), (0.02 + 2e-9, True)]
)
def test_a_peak_of_twenty_milliseconds_is_none(monitor, lasts_s, is_contact):
    assert feel(monitor, 0.0, (0.0, 3.0, 0.0)) is None
    assert (feel(monitor, lasts_s, (0.0, 3.0, 0.0)) is not None) == is_contact


def test_one_joint_that_moves_is_enough_and_standing_is_no_contact(monitor):
    touching = (0.0, 3.0, 0.0)
    feel(monitor, 1.0, touching, speed=(0.0, 0.0))
    assert feel(monitor, 1.05, touching, speed=(-0.1, 0.0)) is None
    # The time counts from where it began to move.
    assert feel(monitor, 1.06, touching, speed=(-0.1, 0.0)) is None
    assert feel(monitor, 1.08, touching, speed=(-0.1, 0.0)) is not None
    assert feel(monitor, 1.09, touching, speed=(0.0, 0.0)) is None


def test_a_free_moment_begins_anew_as_arming_does(monitor):
    touching = (0.0, 0.0, 1.5)
    feel(monitor, 1.0, touching)
    assert feel(monitor, 1.02, FREE) is None
    assert feel(monitor, 1.03, touching) is None
    monitor.restart()
    assert feel(monitor, 1.06, touching) is None
    assert feel(monitor, 1.09, touching) is not None


def test_it_goes_on_where_it_was_saved(monitor):
    joints = axis("a", max_effort=4.0)
    other = ContactMonitor(robot(joints), 0.5)
    feel(monitor, 1.0, (0.0, 3.0, 0.0))
    other.set_state(monitor.get_state())
    assert other.check(seen(1.03, effort=(3.0,), commanded_velocity=(0.1,))) is not None
