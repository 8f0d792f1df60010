"""ros2_control's joint_limits block in a profile, with hand-made blocks."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rl_agent.exceptions import ProfileError, SurefootError
from rl_agent.robots.profile import ROBOTS_DIR, load_robot, parse_profile

BLOCK = {
    "has_position_limits": True,
    "min_position": -1.5,
    "max_position": 1.2,
    "has_velocity_limits": True,
    "max_velocity": 2.0,
    "has_acceleration_limits": True,
    "max_acceleration": 5.0,
    "has_deceleration_limits": True,
    "max_deceleration": 8.0,
    "has_jerk_limits": True,
    "max_jerk": 300.0,
    "has_effort_limits": True,
    "max_effort": 2.5,
}


def so101():
    data = yaml.safe_load((ROBOTS_DIR / "so101.yaml").read_text())
    data["action"]["max_speed"] = [0.5] * 4  # below every limit of these tests
    return data


def bare(**own):
    """The SO-101 whose first joint says only what it is, and what `own` says."""
    data = so101()
    first = {"name": "shoulder_pan", "type": "revolute", **own}
    data["joints"][0] = first
    return data


@pytest.fixture
def load(tmp_path):
    def read(data, block):
        data["joint_limits"] = block
        path = tmp_path / "arm.yaml"
        path.write_text(yaml.safe_dump(data))
        return load_robot(path)

    return read


@pytest.fixture
def problems_of(load):
    def read(data, block):
        with pytest.raises(ProfileError) as caught:
            load(data, block)
        return [str(problem) for problem in caught.value.problems]

    return read


def test_the_block_supplies_what_the_joint_leaves_out(load):
    joint = load(bare(), {"shoulder_pan": BLOCK}).joints[0]
    assert (joint.lower, joint.upper) == (-1.5, 1.2)
    assert (joint.max_velocity, joint.max_acceleration) == (2.0, 5.0)
    assert (joint.brake_deceleration, joint.max_jerk, joint.max_effort) == (8.0, 300.0, 2.5)


def test_other_joints_stay_as_they_are(load):
    assert load(bare(), {"shoulder_pan": BLOCK}).joints[1:] == load_robot("so101").joints[1:]


def test_the_joints_own_entry_may_tighten(load):
    data = bare(lower=-1.0, max_velocity=1.0, brake_deceleration=6.0)
    joint = load(data, {"shoulder_pan": BLOCK}).joints[0]
    assert (joint.lower, joint.upper) == (-1.0, 1.2)
    assert (joint.max_velocity, joint.brake_deceleration) == (1.0, 6.0)


@pytest.mark.parametrize(
    ("key", "own", "bound"),
    [
        ("lower", -1.6, "-1.5"),
        ("upper", 1.3, "1.2"),
        ("max_velocity", 2.1, "2"),
        ("max_velocity", "2.1", "2"),
        ("max_acceleration", 5.1, "5"),
        ("brake_deceleration", 8.1, "8"),
        ("max_jerk", 301.0, "300"),
        ("max_effort", 2.6, "2.5"),
    ],
)
def test_loosening_is_named(problems_of, key, own, bound):
    assert problems_of(bare(**{key: own}), {"shoulder_pan": BLOCK}) == [
        f"joints[0].{key}: {float(own):g} is looser than joint_limits' {bound};"
        " a profile may only tighten"
    ]


def test_false_means_ignored(load):
    own = {"lower": -1.9, "upper": 1.9, "max_velocity": 9.0}
    block = {**BLOCK, "has_position_limits": False, "has_velocity_limits": False}
    joint = load(bare(**own), {"shoulder_pan": block}).joints[0]
    assert (joint.lower, joint.upper, joint.max_velocity) == (-1.9, 1.9, 9.0)


def test_without_a_flag_a_number_counts(load):
    block = {key: value for key, value in BLOCK.items() if not key.startswith("has_")}
    assert load(bare(), {"shoulder_pan": block}).joints[0].max_velocity == 2.0


def test_slowing_counts_as_acceleration_short_of_an_emergency(load):
    # A block whose deceleration is the smaller one bounds both.
    joint = load(bare(), {"shoulder_pan": {**BLOCK, "max_deceleration": 3.0}}).joints[0]
    assert (joint.max_acceleration, joint.brake_deceleration) == (3.0, 3.0)


def test_without_deceleration_the_brake_takes_the_acceleration(load):
    block = {**BLOCK, "has_deceleration_limits": False}
    assert load(bare(), {"shoulder_pan": block}).joints[0].brake_deceleration == 5.0


def test_soft_limits_narrow_the_position(load):
    soft = {"has_soft_limits": True, "soft_lower_limit": -1.0, "soft_upper_limit": 2.0}
    joint = load(bare(), {"shoulder_pan": {**BLOCK, **soft, "k_position": 10.0}}).joints[0]
    assert (joint.lower, joint.upper) == (-1.0, 1.2)


def test_the_block_speaks_of_the_drivers_positions(load):
    # Ours = -0.5 * driver's + 0.1: -1.5 to 1.2 become -0.5 to 0.85, and speeds half.
    data = bare(sign=-1, scale=0.5, offset_rad=0.1)
    joint = load(data, {"shoulder_pan": BLOCK}).joints[0]
    assert (joint.lower, joint.upper) == pytest.approx((-0.5, 0.85))
    assert (joint.max_velocity, joint.max_acceleration, joint.max_jerk) == (1.0, 2.5, 150.0)
    assert joint.max_effort == 2.5


def test_a_continuous_joint_has_no_position_limits(problems_of):
    data = bare()
    data["joints"][0]["type"] = "continuous"
    message = "joints[0].type: continuous, but joint_limits bounds its position"
    assert problems_of(data, {"shoulder_pan": BLOCK}) == [message]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            {"shoulder_pen": BLOCK},
            "joint_limits.shoulder_pen: the profile has no such joint;"
            " did you mean 'shoulder_pan'?",
        ),
        (
            {"shoulder_pan": {**BLOCK, "max_velocty": 1.0}},
            "joint_limits.shoulder_pan.max_velocty: is not a known key;"
            " did you mean 'max_velocity'?",
        ),
        (
            {"shoulder_pan": {**BLOCK, "max_velocity": -1.0}},
            "joint_limits.shoulder_pan.max_velocity: expected a number above 0, got -1.0",
        ),
        (
            {"shoulder_pan": {**BLOCK, "max_jerk": float("nan")}},
            "joint_limits.shoulder_pan.max_jerk: expected a number, got nan",
        ),
        (
            {"shoulder_pan": {**BLOCK, "max_effort": "strong"}},
            "joint_limits.shoulder_pan.max_effort: expected a number, got 'strong'",
        ),
        (
            {"shoulder_pan": {**BLOCK, "has_jerk_limits": "yes"}},
            "joint_limits.shoulder_pan.has_jerk_limits: expected true or false, got 'yes'",
        ),
        (
            {"shoulder_pan": {**BLOCK, "has_soft_limits": True, "soft_lower_limit": -1.0}},
            "joint_limits.shoulder_pan.soft_upper_limit: is missing,"
            " though has_soft_limits is true",
        ),
        ({"shoulder_pan": 3}, "joint_limits.shoulder_pan: expected limits, got int"),
        ({7: BLOCK}, "joint_limits: 7 is no joint's name"),
        (
            [1, 2],
            "joint_limits: expected joints and their limits, or a file's name, got list",
        ),
    ],
)
def test_mistakes_in_the_block_are_named(problems_of, block, message):
    assert message in problems_of(so101(), block)


def test_limits_that_leave_no_room_are_named(problems_of):
    block = {"shoulder_pan": {**BLOCK, "min_position": 0.5, "max_position": -0.5}}
    assert any("looser" in p or "no room" in p for p in problems_of(so101(), block))


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_block_may_stand_in_a_file_beside_the_profile(load, tmp_path, wrapped):
    content = {"shoulder_pan": BLOCK}
    if wrapped:  # as MoveIt writes it
        content = {"default_velocity_scaling_factor": 0.1, "joint_limits": content}
    (tmp_path / "config").mkdir()
    (tmp_path / "config/joint_limits.yaml").write_text(yaml.safe_dump(content))
    assert load(bare(), "config/joint_limits.yaml").joints[0].max_velocity == 2.0


@pytest.mark.parametrize("where", ["../limits.yaml", "/etc/passwd", "a/../../limits.yaml", "a\0b"])
def test_a_file_outside_the_profiles_folder_is_refused(problems_of, tmp_path, where):
    (tmp_path.parent / "limits.yaml").write_text("{}")
    (problem,) = problems_of(bare(), where)
    assert problem.startswith("joint_limits: ")
    assert "outside the profile's folder" in problem or "no file's name" in problem


def test_a_link_out_of_the_profiles_folder_is_refused(problems_of, tmp_path):
    (tmp_path.parent / "elsewhere.yaml").write_text("{}")
    (tmp_path / "limits.yaml").symlink_to(tmp_path.parent / "elsewhere.yaml")
    (problem,) = problems_of(bare(), "limits.yaml")
    assert "outside the profile's folder" in problem


def test_a_file_that_is_not_there_is_named(load):
    with pytest.raises(ProfileError, match=r"nowhere\.yaml"):
        load(bare(), "nowhere.yaml")


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["shoulder_pan", "joint_limits", "..", "arm.yaml"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["shoulder_pan", "elbow_flex", *BLOCK, "joint_limits"])
            | st.text(max_size=8)
            | st.integers(),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(block=junk, own=st.dictionaries(st.sampled_from(["lower", "scale", "type", "home"]), junk))
def test_junk_is_refused_by_name_or_harmless(block, own):
    data = bare(lower=-1.0, upper=1.0, max_velocity=1.0, max_acceleration=2.0)
    data["joints"][0].update(own)
    data["joint_limits"] = block
    try:
        spec = parse_profile(data, ROBOTS_DIR / "so101.yaml")
    except SurefootError as error:
        assert str(error)
    else:
        assert spec.joints[0].max_velocity <= 1.0
