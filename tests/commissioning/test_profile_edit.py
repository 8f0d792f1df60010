import math
import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rl_agent.commissioning.answers import read_answers
from rl_agent.commissioning.profile_edit import edited, write_calibration
from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import ROBOTS_DIR, available_robots, load_robot

SHIPPED = (ROBOTS_DIR / "so101.yaml").read_text()
BLOCK = """\
joints:
  # the pan
  - name: pan   # first
    type: revolute
    offset_rad: 0.5  # measured

  - type: revolute
    name: lift
other: 1
"""


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "arm.yaml"
    path.write_text(SHIPPED)
    return path


def test_only_the_joints_line_changes_and_comments_stay(profile):
    target = write_calibration(profile, {"elbow_flex": {"sign": -1, "offset_rad": 0.1235}})
    assert target == profile
    old, new = SHIPPED.splitlines(), profile.read_text().splitlines()
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    ((before, after),) = changed
    assert after == before.replace("home: 0.9}", "home: 0.9, sign: -1, offset_rad: 0.1235}")
    joint = load_robot(profile).joints[2]
    assert (joint.sign, joint.offset_rad) == (-1, 0.1235)


def test_the_old_file_is_kept_and_no_other_is_left_behind(profile):
    write_calibration(profile, {"gripper": {"scale": math.pi / 180}})
    assert (profile.parent / "arm.yaml.bak").read_text() == SHIPPED
    assert sorted(os.listdir(profile.parent)) == ["arm.yaml", "arm.yaml.bak"]
    assert load_robot(profile).joints[5].scale == pytest.approx(math.pi / 180, rel=1e-7)


def test_values_that_are_there_are_replaced_in_place(profile):
    write_calibration(profile, {"gripper": {"offset_rad": 0.25}})
    write_calibration(profile, {"gripper": {"offset_rad": -0.5, "sign": -1}})
    assert "home: 0.2, offset_rad: -0.5, sign: -1}" in profile.read_text()


def test_block_style_is_edited_as_well():
    text = edited(BLOCK, {"pan": {"offset_rad": 0.25, "sign": -1}, "lift": {"scale": 2.0}}, "x")
    assert "    offset_rad: 0.25  # measured\n    sign: -1\n\n" in text
    assert "    name: lift\n    scale: 2\nother: 1\n" in text
    assert "- name: pan   # first" in text


def test_a_shipped_profile_is_copied_not_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = write_calibration(ROBOTS_DIR / "so101.yaml", {"gripper": {"sign": -1}})
    assert target == tmp_path / "so101.yaml"
    assert load_robot(target).joints[5].sign == -1
    assert (ROBOTS_DIR / "so101.yaml").read_text() == SHIPPED
    with pytest.raises(ProfileError, match=r"--robot \./so101\.yaml"):
        write_calibration(ROBOTS_DIR / "so101.yaml", {"gripper": {"sign": -1}})


def test_a_joint_that_is_not_there_is_named(profile):
    with pytest.raises(ProfileError, match="no joints elbow"):
        write_calibration(profile, {"elbow": {"sign": -1}})
    assert profile.read_text() == SHIPPED


def test_what_would_not_be_a_profile_is_not_written(profile):
    with pytest.raises(ProfileError, match="sign"):
        write_calibration(profile, {"gripper": {"sign": 2}})
    assert sorted(os.listdir(profile.parent)) == ["arm.yaml"]


def test_layouts_that_are_not_understood_are_refused(profile):
    # The edit goes by the first entry of a name, which must be the only one.
    line = next(line for line in SHIPPED.splitlines() if "{name: gripper" in line)
    profile.write_text(SHIPPED.replace(line, f"{line}\n{line}"))
    with pytest.raises(ProfileError):
        write_calibration(profile, {"gripper": {"sign": -1}})
    assert sorted(os.listdir(profile.parent)) == ["arm.yaml"]


@pytest.mark.parametrize("robot", available_robots())
@settings(deadline=None, max_examples=15)
@given(
    sign=st.sampled_from([1, -1]),
    scale=st.floats(1e-6, 1e4),
    offset=st.floats(-10.0, 10.0),
)
def test_every_shipped_profile_can_be_calibrated(robot, sign, scale, offset):
    text = (ROBOTS_DIR / f"{robot}.yaml").read_text()
    spec = load_robot(robot)
    values = {"sign": sign, "scale": scale, "offset_rad": offset}
    found = yaml.safe_load(edited(text, {name: values for name in spec.joint_names}, robot))
    for joint in found["joints"]:
        assert joint["sign"] == sign
        assert joint["scale"] == pytest.approx(scale, rel=1e-6)
        assert joint["offset_rad"] == pytest.approx(offset, rel=1e-6, abs=1e-9)


def test_answers_are_read_and_mistakes_named(tmp_path):
    path, spec = tmp_path / "answers.yaml", load_robot("so101")
    path.write_text("gripper: {direction: opposite, poses: [{travel: 0.2, position: 0.35}]}\n")
    answers = read_answers(path, spec)["gripper"]
    assert answers.moved_as_told is False
    assert (answers.poses[0].travel, answers.poses[0].position) == (0.2, 0.35)
    path.write_text("gripper: {direction: back, poses: [{position: .nan}]}\nelbow_flx: {}\n")
    with pytest.raises(ProfileError, match=r"(?s)gripper\.direction.*position.*'elbow_flex'"):
        read_answers(path, spec)
