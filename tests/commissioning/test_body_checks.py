from dataclasses import replace

import numpy as np
import pytest

from rl_agent.commissioning.body_checks import body_topics, check_body
from rl_agent.commissioning.finding import Outcome
from rl_agent.interface.observation import BODY_TERMS
from rl_agent.robots.profile import load_robot

GO1 = load_robot("go1")  # S is 20 ms
ARM = load_robot("so101")


def every(period_s, duration_s=1.0):
    return np.arange(0.0, duration_s, period_s).tolist()


def test_an_arm_asks_for_none():
    assert body_topics(ARM) == {}
    assert check_body(ARM, {}) == []


def test_a_quadruped_asks_for_both_and_says_what_for():
    needs = body_topics(GO1)
    assert needs["odom"] == "observation term privileged_base_velocity"
    assert "observation term projected_gravity" in needs["imu"]
    assert needs["imu"].endswith("safety.max_tilt_rad")


def test_every_term_of_the_body_has_its_topic():
    for term in BODY_TERMS:
        safety = replace(ARM.safety, max_tilt_rad=None)
        assert len(body_topics(replace(ARM, obs_terms=(term,), safety=safety))) == 1


def test_what_does_not_arrive_is_told_with_what_needs_it():
    imu, odom = check_body(GO1, {"imu": every(0.005), "odom": [1.0]})
    assert imu.outcome is Outcome.OK
    assert odom.outcome is Outcome.MISMATCH
    assert odom.found == "nothing arrives, and observation term privileged_base_velocity needs it"
    assert "start its publisher" in odom.remedy


@pytest.mark.parametrize(
    ("period_s", "outcome"),
    [(0.005, Outcome.OK), (0.015, Outcome.WARNING), (0.025, Outcome.MISMATCH)],
)
def test_it_has_to_come_within_the_time_that_a_reading_may_be_old(period_s, outcome):
    odom = check_body(GO1, {"imu": every(0.005), "odom": every(period_s)})[1]
    assert odom.outcome is outcome
    assert f"within {1e3 * period_s:.1f} ms" in odom.found and odom.found.endswith("after 20")
