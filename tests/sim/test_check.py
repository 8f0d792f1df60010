from dataclasses import replace

import mujoco
import pytest
import yaml

from rl_agent.exceptions import TwinMismatchError
from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from sim.check import compare
from sim.loading import find_mjcf
from sim.twin import Twin

# Two joints, a servo each: upper arm and forearm of 0.3 m.
MJCF = """
<mujoco>
  <compiler angle="radian" autolimits="true"/>
  <worldbody>
    <geom name="desk" type="plane" size="1 1 0.1"/>
    <body name="base_link">
      <body name="upper_arm" pos="0 0 0.5">
        <joint name="shoulder" axis="0 1 0" range="-2 1"/>
        <geom type="capsule" fromto="0 0 0 0.3 0 0" size="0.02"/>
        <body name="forearm" pos="0.3 0 0">
          <joint name="elbow" axis="0 1 0" range="-1 1"/>
          <geom name="forearm" type="capsule" fromto="0 0 0 0.3 0 0" size="0.02"/>
          <site name="tool0" pos="0.3 0 0"/>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <position name="shoulder" joint="shoulder" kp="100" kv="5" forcerange="-10 10"/>
    <position name="elbow" joint="elbow" kp="100" kv="5" forcerange="-10 10"/>
  </actuator>
  <custom>
    <numeric name="driver_sign" data="1 -1"/>
    <numeric name="max_velocity" data="3 3"/>
  </custom>
</mujoco>
"""


def joint(name, lower, upper, **more):
    limits = {"max_velocity": 2.0, "max_acceleration": 5.0, "brake_deceleration": 5.0}
    return {"name": name, "type": "revolute", "lower": lower, "upper": upper, **limits, **more}


@pytest.fixture
def data():
    return {
        "schema_version": 1,
        "name": "arm",
        "policy_hz": 20,
        "gate_hz": 100,
        "state_hz": 200,
        "joints": [
            joint("shoulder", -2.0, 1.0, max_effort=10.0),
            joint("elbow", -1.0, 1.0, max_effort=10.0, sign=-1),
        ],
        "controller": {"type": "joint_trajectory", "name": "arm_controller"},
        "action": {"joints": ["shoulder", "elbow"], "max_speed": [1.0, 1.0]},
        "observation": {"terms": ["joint_position"]},
        "tool": {"site": "tool0", "base_frame": "base_link"},
        "twin": {"mjcf": "arm.xml", "physics_hz": 500},
    }


@pytest.fixture
def problems(tmp_path):
    """Return what the check says of a profile beside an MJCF, as `path: message` lines."""

    def run(data, mjcf=MJCF) -> list[str]:
        (tmp_path / "arm.xml").write_text(mjcf)
        (tmp_path / "arm.yaml").write_text(yaml.safe_dump(data))
        return [str(problem) for problem in compare(load_robot(tmp_path / "arm.yaml"))]

    return run


def test_matching_files_have_no_difference(data, problems):
    assert problems(data) == []


def test_tighter_profiles_are_welcome(data, problems):
    data["joints"][0].update(lower=-1.0, upper=0.5, max_effort=4.0)
    assert problems(data) == []


def test_misspelt_joint_names_the_nearest_both_ways(data, problems):
    data["joints"][1]["name"] = "elbw"
    data["action"]["joints"][1] = "elbw"
    lines = problems(data)
    assert "joints[1].name: the MJCF has no joint 'elbw'; did you mean 'elbow'?" in lines
    assert "joints: the MJCF's joint 'elbow' is missing; did you mean 'elbw'?" in lines


def test_swapped_order(data, problems):
    data["joints"].reverse()
    lines = problems(data)
    assert "joints: order is elbow, shoulder; the MJCF's is shoulder, elbow" in lines


def test_wrong_sign(data, problems):
    data["joints"][1]["sign"] = 1
    assert problems(data) == ["joints[1].sign: +1, but the MJCF's driver_sign says -1"]


def test_driver_in_degrees(data, problems):
    data["joints"][0]["scale"] = 0.0174533
    assert problems(data) == [
        "joints[0].scale: 0.0174533 (degrees?), but the MJCF's driver_scale says 1"
    ]


def test_mirrored_range_hints_at_the_sign(data, problems):
    data["joints"][0].update(lower=-1.0, upper=2.0)
    lines = problems(data)
    assert lines[0] == (
        "joints[0].upper: 2 is looser than the MJCF's 1; the range is mirrored: is the sign wrong?"
    )


def test_wrong_joint_type_names_the_unit(data, problems):
    data["joints"][1]["type"] = "prismatic"
    assert problems(data)[0] == (
        "joints[1].type: prismatic means slide, but the MJCF has a hinge joint (unit rad)"
    )


def test_continuous_joint_with_a_range(data, problems):
    del data["joints"][1]["lower"], data["joints"][1]["upper"]
    data["joints"][1]["type"] = "continuous"
    assert problems(data) == ["joints[1].type: continuous, but the MJCF's joint has a range"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"lower": -2.5}, "joints[0].lower"),
        ({"upper": 1.2}, "joints[0].upper"),
        ({"max_velocity": 3.5}, "joints[0].max_velocity"),
        ({"max_effort": 20.0}, "joints[0].max_effort"),
        ({"max_effort": None}, "joints[0].max_effort"),
    ],
)
def test_loosening_is_refused_until_exactly_it_is_acknowledged(data, problems, change, path):
    data["joints"][0].update(change)
    first, last = problems(data)
    assert first.startswith(f"{path}: ") and "looser" in first
    word = last.split("set it to '")[1].split("'")[0]
    data["twin"]["acknowledged_loosening"] = word
    assert problems(data) == []
    data["joints"][1]["lower"] = -1.5
    assert len(problems(data)) == 3  # both bounds again, and the word that fits them now


def test_acknowledgement_without_loosening(data, problems):
    data["twin"]["acknowledged_loosening"] = "0123456789ab"
    assert problems(data) == [
        "twin.acknowledged_loosening: acknowledges bounds that are not loosened; remove it"
    ]


def test_rounding_in_the_fifth_digit_is_no_loosening(data, problems):
    data["joints"][0]["upper"] = 1.00005
    assert problems(data) == []


def test_rates_that_do_not_divide(data, problems):
    data["twin"]["physics_hz"] = 250
    data["policy_hz"] = 30
    lines = problems(data)
    assert [line.split(":")[0] for line in lines] == ["twin.physics_hz", "gate_hz"]
    assert "physics_hz 250 is no multiple of gate_hz 100" in lines[0]
    assert "gate_hz 100 is no multiple of policy_hz 30" in lines[1]


def test_controller_that_does_not_fit_the_actuators(data, problems):
    data["controller"] = {"type": "forward_velocity", "name": "arm", "timeout_ms": 50}
    assert problems(data) == [
        "controller.type: forward_velocity needs velocity actuators, "
        f"but that of '{name}' is for position"
        for name in ("shoulder", "elbow")
    ]


def test_motors_are_no_servos(data, problems):
    mjcf = MJCF.replace(
        '<position name="elbow" joint="elbow" kp="100" kv="5" forcerange="-10 10"/>',
        '<motor name="elbow" joint="elbow" forcerange="-10 10"/>',
    )
    assert problems(data, mjcf) == [
        "controller.type: joint_trajectory needs position actuators, "
        "but that of 'elbow' is for effort"
    ]


def test_gear_changes_the_unit(data, problems):
    mjcf = MJCF.replace('joint="elbow" kp', 'joint="elbow" gear="-1" kp')
    assert problems(data, mjcf) == [
        "joints[1].sign: the MJCF's actuator of 'elbow' has gear -1; commands are in joint units"
    ]


def test_missing_actuator(data, problems):
    mjcf = MJCF.replace(
        '<position name="elbow" joint="elbow" kp="100" kv="5" forcerange="-10 10"/>', ""
    )
    assert problems(data, mjcf) == [
        "joints[1].is_actuated: true, but the MJCF has 0 actuators for 'elbow'"
    ]


def test_passive_joint_that_the_mjcf_drives(data, problems):
    data["joints"][1]["is_actuated"] = False
    data["action"] = {"joints": ["shoulder"], "max_speed": [1.0]}
    assert problems(data) == ["joints[1].is_actuated: false, but the MJCF drives 'elbow'"]


def test_tool_that_is_not_there(data, problems):
    data["tool"] = {"site": "tool", "base_frame": "base"}
    assert problems(data) == [
        "tool.site: the MJCF has no site 'tool'; did you mean 'tool0'?",
        "tool.base_frame: the MJCF has no body 'base'; did you mean 'base_link'?",
    ]


def test_base_frame_must_not_move(data, problems):
    data["tool"]["base_frame"] = "forearm"
    (line,) = problems(data)
    assert line.startswith("tool.base_frame: the MJCF's body 'forearm' moves")


def test_home_inside_the_desk(data, problems):
    # Shoulder 1 rad down: the tool would stand at 0.5 - 0.6 sin(1) = -0.005 m.
    data["joints"][0]["home"] = 1.0
    (line,) = problems(data)
    assert "overlap" in line and "'desk'" in line and "'forearm'" in line


def test_all_differences_at_once(data, problems):
    data["joints"][0].update(sign=-1, lower=-2.5, max_effort=20.0)
    data["joints"][1].update(type="prismatic")
    data["controller"] = {"type": "forward_velocity", "name": "arm", "timeout_ms": 50}
    data["policy_hz"] = 30
    data["tool"]["site"] = "tip"
    paths = [line.split(":")[0] for line in problems(data)]
    assert paths == [
        "gate_hz",
        "joints[0].sign",
        "joints[1].type",
        "controller.type",
        "controller.type",
        "joints[0].lower",
        "joints[0].max_effort",
        "twin.acknowledged_loosening",
        "tool.site",
    ]


def test_a_twin_refuses_to_start_on_any_difference(so101):
    joints = (replace(so101.joints[0], sign=-1, upper=3.0), *so101.joints[1:])
    with pytest.raises(TwinMismatchError) as caught:
        Twin(replace(so101, joints=joints))
    paths = {problem.path for problem in caught.value.problems}
    assert {"joints[0].sign", "joints[0].upper"} <= paths


def test_missing_mjcf_names_the_nearest(so101):
    lost = replace(so101, twin=replace(so101.twin, mjcf="so101/so100.xml"))
    with pytest.raises(TwinMismatchError, match=r"did you mean 'so101/so101\.xml'"):
        find_mjcf(lost)


def test_broken_mjcf_is_refused_without_a_trace(data, problems):
    with pytest.raises(TwinMismatchError, match="is not accepted by MuJoCo"):
        problems(data, MJCF.replace("</mujoco>", ""))


def test_an_mjcf_beside_the_profile_comes_first(data, problems, tmp_path):
    problems(data)
    assert find_mjcf(load_robot(tmp_path / "arm.yaml")) == tmp_path / "arm.xml"
    assert find_mjcf(load_robot(ROBOTS_DIR / "so101.yaml")).parent.name == "so101"


def test_compare_takes_a_compiled_model(so101):
    model = mujoco.MjModel.from_xml_path(str(find_mjcf(so101)))
    assert compare(so101, model) == []
