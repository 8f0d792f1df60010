import math
from dataclasses import replace

import numpy as np
import pytest
from planar_robot import planar_spec
from readings import make_readings

from rl_agent.commissioning.finding import Outcome
from rl_agent.commissioning.reading import track_of
from rl_agent.commissioning.unit_checks import check_range, check_velocity
from rl_agent.spec import JointType

SPEC = planar_spec()  # both joints from -2 to 2 rad, 1.5 rad/s


def range_of(position, spec=SPEC):
    return check_range(spec, track_of(spec, make_readings(position=position)))


def velocity_of(slope, velocity, spec=SPEC):
    return check_velocity(spec, track_of(spec, make_readings(slope=slope, velocity=velocity)))


def test_driver_numbers_become_positions_by_sign_scale_and_offset():
    a, b = SPEC.joints
    spec = planar_spec(joints=(replace(a, sign=-1, scale=0.5, offset_rad=0.25), b))
    track = track_of(spec, make_readings(names=("b", "a"), position=(1.0, 3.0), effort=(4.0, 5.0)))
    # a: -0.5 * 3 + 0.25 = -1.25; its effort changes sign only.
    np.testing.assert_allclose(track.pose, [-1.25, 1.0])
    np.testing.assert_allclose(track.effort[0], [-5.0, 4.0])


def test_positions_inside_are_fine_and_constant_ones_are_noted():
    finding = range_of((0.5, -2.0005))
    assert finding.outcome is Outcome.OK
    assert "exactly constant: a, b" in finding.found


def test_degrees_are_recognised():
    finding = range_of((57.3, 0.0))  # 1 rad
    assert finding.outcome is Outcome.MISMATCH
    assert "a reads 57.3" in finding.found
    assert "degrees?" in finding.found
    assert "0.01745329" in finding.remedy


def test_millimetres_are_recognised():
    joints = [replace(j, type=JointType.PRISMATIC, lower=-0.5, upper=0.5) for j in SPEC.joints]
    finding = range_of((250.0, 0.0), planar_spec(joints=tuple(joints)))
    assert "millimetres?" in finding.found
    assert "scale: 0.001" in finding.remedy


def test_a_joint_just_outside_is_not_taken_for_degrees():
    finding = range_of((2.1, 0.0))
    assert finding.outcome is Outcome.MISMATCH
    assert "degrees" not in finding.found
    assert "by hand" in finding.remedy


def test_a_mirrored_position_suggests_sign_or_offset():
    joints = [replace(joint, lower=-0.2, upper=1.7) for joint in SPEC.joints]
    finding = range_of((-1.2, 0.5), planar_spec(joints=tuple(joints)))
    assert "mirrored it is inside" in finding.found
    assert "calibrate" in finding.remedy


def test_velocity_that_is_the_slope_is_fine():
    finding = velocity_of((0.5, 0.0), (0.5, 0.0))
    assert finding.outcome is Outcome.OK
    assert "(a moved)" in finding.found


def test_nothing_is_said_of_velocity_while_nothing_moves():
    # 2 % of 1.5 rad/s is 0.03.
    assert velocity_of((0.02, 0.0), (9.0, 0.0)).outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    ("velocity", "words"),
    [
        (-0.5, "opposite sign"),
        (0.0, "reports no velocity"),
        (0.5 * 180 / math.pi, "degrees/s beside rad"),
        (0.5 * math.pi / 180, "rad/s beside degrees"),
    ],
)
def test_velocity_of_wrong_sign_or_unit_is_named(velocity, words):
    finding = velocity_of((0.5, 0.0), (velocity, 0.0))
    assert finding.outcome is Outcome.MISMATCH
    assert words in finding.remedy


SHARES = [(0.49, False), (0.51, True), (1.9, True), (2.1, False)]


@pytest.mark.parametrize(("share", "is_fine"), SHARES)
def test_velocity_may_lag_but_not_by_half(share, is_fine):
    finding = velocity_of((0.5, 0.0), (0.5 * share, 0.0))
    assert (finding.outcome is Outcome.OK) == is_fine
