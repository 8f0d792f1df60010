import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planar_robot import planar_spec

from rl_agent.commissioning.calibration import (
    CalibrationError,
    JointCalibration,
    Pose,
    calibrate,
)
from rl_agent.commissioning.dialog import JointDialog, Stage

JOINT = planar_spec().joints[0]  # sign 1, scale 1, offset 0
DEGREE = math.pi / 180.0


def solve(*poses, moved_as_told=None, solve_scale=False):
    pairs = [Pose(*pose) for pose in poses]
    return calibrate(JOINT, moved_as_told=moved_as_told, poses=pairs, solve_scale=solve_scale)


def test_a_joint_that_moved_the_other_way_has_the_other_sign():
    assert solve(moved_as_told=False) == JointCalibration(sign=-1, scale=1.0, offset_rad=0.0)
    assert solve(moved_as_told=True).sign == 1


def test_one_known_pose_gives_the_offset():
    # -1 * 1 * 0.4 + offset = 0.1
    assert solve((0.4, 0.1), moved_as_told=False).offset_rad == pytest.approx(0.5)


def test_two_known_poses_give_sign_scale_and_offset():
    found = solve((0.16, 0.0), (0.32, -0.2), solve_scale=True)
    # gain = -0.2 / 0.16 = -1.25; offset = 0 + 1.25 * 0.16
    assert (found.sign, found.scale) == (-1, pytest.approx(1.25))
    assert found.offset_rad == pytest.approx(0.2)


def test_a_scale_near_degrees_is_degrees():
    found = solve((0.0, 0.0), (90.0, 1.5708 * 1.004), solve_scale=True)
    assert found.scale == DEGREE
    far = solve((0.0, 0.0), (90.0, 1.5708 * 1.02), solve_scale=True)
    assert far.scale == pytest.approx(DEGREE * 1.02, rel=1e-4)


def test_poses_that_lie_together_give_no_scale():
    with pytest.raises(CalibrationError, match="further apart"):
        solve((0.0, 0.0), (0.05, 0.05), solve_scale=True)
    with pytest.raises(CalibrationError, match="two known poses"):
        solve((0.0, 0.0), solve_scale=True)


def test_poses_and_direction_must_not_contradict_each_other():
    with pytest.raises(CalibrationError, match=r"poses say sign \+1.*direction of motion says -1"):
        solve((0.0, 0.0), (1.0, 1.0), moved_as_told=False, solve_scale=True)


def test_poses_that_give_different_offsets_are_refused():
    with pytest.raises(CalibrationError, match=r"0\.200.*--scale"):
        solve((0.0, 0.0), (1.0, 1.2))


@given(
    sign=st.sampled_from([1, -1]),
    scale=st.floats(0.005, 5.0),
    offset=st.floats(-3.0, 3.0),
    drivers=st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)),
)
def test_what_a_robot_is_made_of_is_found_again(sign, scale, offset, drivers):
    truth = JointCalibration(sign=sign, scale=scale, offset_rad=offset)
    travel = abs(drivers[1] - drivers[0])
    assume(min(travel, travel * scale) > 0.11)
    poses = [(driver, truth.position(driver)) for driver in drivers]
    found = solve(*poses, moved_as_told=sign > 0, solve_scale=True)
    for driver in drivers:
        # A scale within 1 % of a usual one is taken for that one.
        near = 0.006 * scale * travel + 1e-9
        assert found.position(driver) == pytest.approx(truth.position(driver), abs=near)
    assert found.sign == sign


def test_only_what_changed_is_written():
    old = JointCalibration.of(JOINT)
    assert old.changes(old) == {}
    new = JointCalibration(sign=-1, scale=1.0, offset_rad=0.123456)
    assert new.changes(old) == {"sign": -1, "offset_rad": 0.1235}


def test_dialog_asks_direction_then_one_pose():
    dialog = JointDialog(JOINT, solve_scale=False)
    assert dialog.stage is Stage.DIRECTION
    assert "positive direction" in dialog.question
    dialog.answer_direction(False)
    assert "[rad]" in dialog.question
    dialog.answer_pose(0.4, 0.1)
    assert dialog.stage is Stage.DONE
    assert dialog.result() == JointCalibration(sign=-1, scale=1.0, offset_rad=0.5)


def test_dialog_asks_two_poses_for_a_scale():
    dialog = JointDialog(JOINT, solve_scale=True)
    dialog.answer_direction(None)
    assert "1 of 2" in dialog.question
    dialog.answer_pose(0.0, 0.5)
    assert "2 of 2" in dialog.question
    dialog.answer_pose(1.0, 2.5)
    assert dialog.result() == JointCalibration(sign=1, scale=2.0, offset_rad=0.5)


def test_dialog_ends_where_no_pose_is_known():
    dialog = JointDialog(JOINT, solve_scale=False)
    dialog.answer_direction(True)
    dialog.answer_pose(0.4, None)
    assert dialog.result() == JointCalibration.of(JOINT)


def test_a_hand_shows_the_direction():
    dialog = JointDialog(JOINT, solve_scale=False)
    with pytest.raises(CalibrationError, match=r"at least 0\.05"):
        dialog.answer_hand_motion(1.0, 1.04)
    assert dialog.stage is Stage.DIRECTION
    dialog.answer_hand_motion(1.0, 0.8)
    dialog.answer_pose(0.0, None)
    assert dialog.result().sign == -1


def test_answers_out_of_turn_are_refused():
    dialog = JointDialog(JOINT, solve_scale=False)
    with pytest.raises(CalibrationError, match="expected direction"):
        dialog.answer_pose(0.0, 0.0)
    with pytest.raises(CalibrationError, match="expected direction"):
        dialog.result()
