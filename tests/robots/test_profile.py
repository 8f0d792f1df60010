import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import ROBOTS_DIR, available_robots, load_robot
from rl_agent.spec import ControllerType, JointType

SO101 = ROBOTS_DIR / "so101.yaml"


@pytest.fixture
def data():
    return yaml.safe_load(SO101.read_text())


@pytest.fixture
def problems_of(tmp_path):
    """Write a profile, read it, and return its problems as `path: message` lines."""

    def read(content) -> list[str]:
        path = tmp_path / "arm.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        with pytest.raises(ProfileError) as caught:
            load_robot(path)
        return [str(problem) for problem in caught.value.problems]

    return read


def test_shipped_robots_are_found_by_name():
    assert {"so101", "ur5e", "fr3", "cartpole"} <= set(available_robots())


@pytest.mark.parametrize("name", available_robots())
def test_every_shipped_profile_loads_with_home_inside_soft_limits(name):
    spec = load_robot(name)
    for joint in spec.joints:
        assert joint.lower + joint.margin <= joint.home <= joint.upper - joint.margin
    assert spec.name == name
    assert spec.source == ROBOTS_DIR / f"{name}.yaml"


def test_so101_as_written():
    spec = load_robot("so101")
    assert spec.joint_names == (
        *("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper"),
    )
    assert spec.joints[1].upper == 1.74533
    assert spec.joints[0].type is JointType.REVOLUTE
    assert spec.controller.type is ControllerType.JOINT_TRAJECTORY
    assert spec.action_index == (0, 1, 2, 3)


def test_passive_joints_are_measured_but_not_commanded():
    spec = load_robot("cartpole")
    assert spec.joint_names == ("cart", "pole")
    assert spec.command_names == ("cart",)
    assert spec.command_index == (0,)
    assert math.isinf(spec.joints[1].upper)


def test_rates_can_be_overridden_and_are_checked():
    assert load_robot("so101", policy_hz=50).policy_period_s == 0.02
    with pytest.raises(ProfileError, match="gate_hz"):
        load_robot("so101", gate_hz=10)


def test_watchdog_follows_from_the_policy_rate():
    # max(30 ms, 2.5 periods, min(3 periods, 60 ms)): 125 ms at 20 Hz, 60 ms at 50 Hz, 30 at 100.
    times = [load_robot("so101", policy_hz=hz).proposal_timeout_s for hz in (20, 50, 100)]
    np.testing.assert_allclose(times, [0.125, 0.060, 0.030])


def test_missing_file_names_the_nearest_robot():
    with pytest.raises(ProfileError, match="did you mean 'so101'"):
        load_robot("so110")


def test_missing_path_says_so(tmp_path):
    with pytest.raises(ProfileError, match="no such robot or file"):
        load_robot(tmp_path / "nothing.yaml")


def test_wrong_key_names_its_path_and_the_nearest_key(data, problems_of):
    data["joints"][2]["max_velocty"] = data["joints"][2].pop("max_velocity")
    lines = problems_of(data)
    assert "joints[2].max_velocity: is required and was not given" in lines
    assert "joints[2].max_velocty: is not a known key; did you mean 'max_velocity'?" in lines


def test_wrong_key_at_the_top(data, problems_of):
    data["polcy_hz"] = 20
    assert problems_of(data) == ["polcy_hz: is not a known key; did you mean 'policy_hz'?"]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_numbers_must_be_finite(problems_of, value):
    text = SO101.read_text().replace("upper: 1.91986", f"upper: {value}", 1)
    (line,) = problems_of(text)
    assert line.startswith("joints[0].upper: ")
    assert "finite" in line


def test_degrees_are_recognised(data, problems_of):
    data["joints"][0].update(lower=-110.0, upper=110.0)
    (line,) = problems_of(data)
    assert line == "joints[0]: -110.0 to 110.0 rad looks like degrees; write radians"


def test_duplicate_joint(data, problems_of):
    data["joints"][1]["name"] = "shoulder_pan"
    lines = problems_of(data)
    assert "joints[1].name: 'shoulder_pan' is used twice" in lines


def test_unknown_action_joint_names_the_nearest(data, problems_of):
    data["action"]["joints"][2] = "elbow_flexx"
    lines = problems_of(data)
    assert (
        "action.joints[2]: 'elbow_flexx' is not an actuated joint; did you mean 'elbow_flex'?"
        in lines
    )


def test_every_problem_is_listed_at_once(data, problems_of):
    data["joints"][0]["max_acceleration"] = "fast"
    data["joints"][3]["sign"] = 2
    data["controller"]["type"] = "joint_trajectroy"
    del data["twin"]
    paths = {line.split(":")[0] for line in problems_of(data)}
    assert paths == {"joints[0].max_acceleration", "joints[3].sign", "controller.type", "twin"}


def test_speed_above_the_joints_limit(data, problems_of):
    data["action"]["max_speed"][0] = 3.5
    assert problems_of(data) == [
        "action.max_speed[0]: 3.5 is above shoulder_pan's max_velocity 3.0"
    ]


def test_offsets_stay_within_the_soft_limits(data, problems_of):
    data["action"]["offset"] = [0.5, 0.7, 0.5, 0.5]
    # shoulder_lift: home -1.1, lower -1.74533, margin 0.03.
    assert problems_of(data) == [
        "action.offset[1]: 0.7 leaves shoulder_lift's soft limits, 0.61533 away from home"
    ]
    data["action"]["offset"] = [0.5]
    assert problems_of(data) == ["action.offset: expected 4 numbers, got 1"]


@pytest.mark.parametrize("history", [0, 21, -1, 2.5, "some", None])
def test_a_history_is_of_1_to_20_actions(data, problems_of, history):
    data["observation"]["history"] = history
    (line,) = problems_of(data)
    assert line.startswith("observation.history: ")
    assert repr(history) in line


def test_a_history_has_three_actions_unless_told(data, tmp_path):
    assert load_robot("so101").obs_history == 3
    data["observation"]["history"] = 20
    path = tmp_path / "arm.yaml"
    path.write_text(yaml.safe_dump(data))
    assert load_robot(path).obs_history == 20


def test_brake_must_not_be_weaker_than_the_drive(data, problems_of):
    data["joints"][4]["brake_deceleration"] = 1.0
    (line,) = problems_of(data)
    assert line.startswith("joints[4].brake_deceleration")


def test_home_outside_the_soft_limits(data, problems_of):
    data["joints"][2]["home"] = 1.68
    assert problems_of(data) == ["joints[2].home: 1.68 is outside the soft limits"]


def test_range_without_room(data, problems_of):
    data["joints"][0].update(lower=1.0, upper=-1.0, home=0.0)
    (line,) = problems_of(data)
    assert "leave no room" in line


def test_other_schema_version(data, problems_of):
    data["schema_version"] = 7
    assert problems_of(data) == ["schema_version: this Surefoot reads version 1, the file says 7"]


def test_aliases_are_refused_before_they_can_expand(problems_of):
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    (line,) = problems_of(bomb)
    assert "aliases" in line


def test_huge_files_are_refused(problems_of):
    (line,) = problems_of("a: " + "x" * 300_000)
    assert "at most 200000 are read" in line


def test_broken_yaml_names_the_line(problems_of):
    (line,) = problems_of("name: so101\njoints: [\n")
    assert line.startswith("line ")


def test_yaml_tags_run_nothing(tmp_path, problems_of):
    marker = tmp_path / "ran"
    (line,) = problems_of(f"name: !!python/object/apply:pathlib.Path.touch ['{marker}']\n")
    assert "is not YAML" in line
    assert not marker.exists()


def test_a_list_is_no_profile(problems_of):
    assert problems_of("- 1\n- 2\n") == ["file: expected a mapping of keys, got list"]


def test_an_empty_file_is_no_profile(problems_of):
    assert problems_of("") == ["file: expected a mapping of keys, got NoneType"]


def test_binary_files_are_refused(tmp_path):
    path = Path(tmp_path / "arm.yaml")
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_robot(path)


def test_contract_ignores_limits_and_sees_order(data, tmp_path):
    def contract_hash() -> str:
        path = tmp_path / "arm.yaml"
        path.write_text(yaml.safe_dump(data))
        return load_robot(path).contract_hash()

    original = contract_hash()
    data["joints"][0]["max_velocity"] = 2.8
    assert contract_hash() == original
    data["action"]["joints"].reverse()
    assert contract_hash() != original
