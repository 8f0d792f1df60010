import math

import numpy as np
import pytest
from planar_robot import planar_spec
from readings import make_readings

from rl_agent.commissioning.finding import Outcome
from rl_agent.commissioning.stream_checks import (
    check_finite,
    check_jitter,
    check_names,
    check_rate,
    check_sizes,
    check_stamps,
)

SPEC = planar_spec()  # joints a and b, state_hz 200, S 20 ms


def test_all_joints_in_order_are_fine():
    finding = check_names(SPEC, make_readings())
    assert (finding.outcome, finding.found) == (Outcome.OK, "all 2 there")


def test_another_order_is_fine_and_said_to_be_matched_by_name():
    finding = check_names(SPEC, make_readings(names=("b", "a")))
    assert finding.outcome is Outcome.OK
    assert "matched by name" in finding.found


def test_a_missing_joint_is_named_with_the_nearest():
    finding = check_names(SPEC, make_readings(names=("a", "b_joint")))
    assert finding.outcome is Outcome.MISMATCH
    assert "b is missing" in finding.found
    assert finding.remedy


def test_joints_of_others_do_not_matter():
    readings = make_readings(names=("a", "b", "lift"), position=(0, 0, 0), slope=(0, 0, 0))
    finding = check_names(SPEC, readings)
    assert finding.outcome is Outcome.OK
    assert "lift" in finding.found


def test_a_joint_that_is_there_twice_is_named():
    readings = make_readings(names=("a", "b", "b"), position=(0, 0, 0), slope=(0, 0, 0))
    assert "b stands there 2 times" in check_names(SPEC, readings).found


def test_drivers_that_publish_parts_in_turn_are_told_apart():
    parts = make_readings(10, names=("a",), position=(0,), slope=(0,))
    parts += make_readings(10, names=("b",), position=(0,), slope=(0,))
    finding = check_names(SPEC, parts)
    assert finding.outcome is Outcome.MISMATCH
    assert "alternate" in finding.found


@pytest.mark.parametrize(
    ("velocity", "words"), [((), "no velocities"), ((0.0,), "2 names but 1 velocities")]
)
def test_velocities_are_needed_for_every_joint(velocity, words):
    finding = check_sizes(make_readings(velocity=velocity))
    assert finding.outcome is Outcome.MISMATCH
    assert words in finding.found


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e300])
def test_numbers_that_are_none_are_counted_per_joint(bad):
    readings = make_readings(9) + make_readings(1, position=(0.0, bad))
    finding = check_finite(readings)
    assert finding.outcome is Outcome.MISMATCH
    assert "b is not finite in 1 of 10" in finding.found


def test_stamps_that_rise_are_fine():
    assert check_stamps(make_readings()).outcome is Outcome.OK


def test_stamps_that_repeat_are_counted():
    stamps = [1.0, 1.1, 1.1, 1.2, 1.15]
    finding = check_stamps(make_readings(5, stamps=stamps))
    assert finding.outcome is Outcome.MISMATCH
    assert "2 of 4" in finding.found


def test_a_driver_that_does_not_stamp_is_told_apart():
    assert "never change" in check_stamps(make_readings(5, stamps=[0.0] * 5)).found


@pytest.mark.parametrize(
    ("hz", "outcome"),
    [
        (130.0, Outcome.MISMATCH),
        (160.0, Outcome.WARNING),
        (200.0, Outcome.OK),
        (225.0, Outcome.OK),
        (280.0, Outcome.WARNING),
        (350.0, Outcome.MISMATCH),
    ],
)
def test_rate_is_compared_with_the_profiles(hz, outcome):
    finding = check_rate(SPEC, make_readings(hz=hz))
    assert finding.outcome is outcome
    assert f"{hz:.0f} Hz" in finding.found


def test_a_few_lost_messages_do_not_change_the_rate():
    readings = make_readings()
    del readings[50:70]
    assert check_rate(SPEC, readings).outcome is Outcome.OK


def test_rate_of_a_driver_without_stamps_is_taken_by_arrival():
    finding = check_rate(SPEC, make_readings(stamps=np.zeros(200)))
    assert finding.outcome is Outcome.OK


@pytest.mark.parametrize(
    ("late_s", "outcome"),
    [(0.0, Outcome.OK), (0.010, Outcome.WARNING), (0.020, Outcome.MISMATCH)],
)
def test_jitter_is_compared_with_the_age_at_which_the_gate_holds(late_s, outcome):
    # Every tenth message is late by late_s: the gap before it is 5 ms + late_s.
    arrivals = np.arange(200) / 200.0
    arrivals[::10] += late_s
    arrivals = np.maximum.accumulate(arrivals)
    assert check_jitter(SPEC, make_readings(arrivals=arrivals)).outcome is outcome
