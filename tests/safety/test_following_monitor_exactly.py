"""Following errors by hand: `a` may be 0.1 from its command for 100 ms, `finer` 0.02."""

import json

import pytest
from monitor_rig import axis, robot, seen, swing

from rl_agent.safety.following_monitor import FollowingMonitor, from_state, to_state
from rl_agent.safety.monitor import Finding
from rl_agent.types import Reason


def watching(*, a=0.1, finer=0.02):
    joints = axis("a", max_following_error=a), axis("finer", max_following_error=finer)
    return FollowingMonitor(robot(swing(), *joints, axis("unwatched")))


@pytest.fixture
def monitor():
    return watching()


def stray(monitor, now_s, a, finer=0.0, **more):
    """The passive joint and the unwatched one are far from everything."""
    position = (9.0, 0.5 + a, -0.5 + finer, 9.0)
    return monitor.check(seen(now_s, position, commanded=(0.5, -0.5, -9.0), **more))


@pytest.mark.parametrize(
    ("a", "finer", "words"),
    [
        (0.0999, 0.0199, None),
        (-0.0999, -0.0199, None),
        (0.11, 0.0, "a is 0.110 from its command, more than the 0.1 allowed"),
        (-0.11, 0.0, "a is 0.110 from its command, more than the 0.1 allowed"),
        (0.0, -0.03, "finer is 0.030 from its command, more than the 0.02 allowed"),
        (0.11, 0.04, "finer is 0.040 from its command, more than the 0.02 allowed"),
        (0.13, 0.04, "a is 0.130 from its command, more than the 0.1 allowed"),
    ],
)
def test_the_joint_furthest_beyond_its_bound_is_named(monitor, a, finer, words):
    assert stray(monitor, 1.0, a, finer) is None
    finding = stray(monitor, 1.1, a, finer)
    assert finding == (None if words is None else (Reason.FOLLOWING_ERROR, words, False))


@pytest.mark.parametrize(
    ("lasts_s", "is_found"), [(0.09, False), (0.1 - 2e-9, False), (0.1 - 5e-10, True), (0.1, True)]
)
def test_it_must_last_for_a_tenth_of_a_second(monitor, lasts_s, is_found):
    assert stray(monitor, 0.0, 0.2) is None
    assert (stray(monitor, lasts_s, 0.2) is not None) == is_found


def test_time_counts_from_the_first_error(monitor):
    stray(monitor, 1.00, 0.2)
    assert stray(monitor, 1.06, 0.2) is None
    assert stray(monitor, 1.12, 0.2) is not None


def test_an_error_that_ends_is_forgotten(monitor):
    stray(monitor, 1.0, 0.2)
    assert stray(monitor, 1.1, 0.2) is not None
    assert stray(monitor, 1.2, 0.0) is None
    assert stray(monitor, 1.3, 0.2) is None
    monitor.restart()
    assert stray(monitor, 1.5, 0.2) is None
    assert stray(monitor, 1.6, 0.2) is not None
    monitor.restart()
    assert stray(monitor, 1.7, 0.2, is_new=False) is None


def test_without_news_it_says_what_it_said(monitor):
    stray(monitor, 1.0, 0.2)
    assert stray(monitor, 1.2, 0.2, is_new=False) is None
    said = stray(monitor, 1.3, 0.2)
    assert said is not None
    assert stray(monitor, 1.4, 0.0, is_new=False) is said


@pytest.mark.parametrize("lasts_s", [0.05, 0.15])
def test_it_goes_on_where_it_was_saved(monitor, lasts_s):
    stray(monitor, 1.0, 0.2)
    stray(monitor, 1.0 + lasts_s, 0.2)
    other = watching()
    other.set_state(json.loads(json.dumps(monitor.get_state())))
    for now_s, is_new in [(1.16, False), (1.17, True), (1.18, False)]:
        mine = stray(monitor, now_s, 0.3, is_new=is_new)
        assert stray(other, now_s, 0.3, is_new=is_new) == mine
    assert mine is not None


@pytest.mark.parametrize(
    "finding", [None, Finding(Reason.FALL, "fell", True), Finding(Reason.HEALTH, "hot", False)]
)
def test_findings_are_saved_as_numbers_and_text(finding):
    restored = from_state(json.loads(json.dumps(to_state(finding))))
    assert restored == finding
    assert restored is None or isinstance(restored.reason, Reason)
