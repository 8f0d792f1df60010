"""The safety section of a profile: what it says, and which mistakes are named."""

import pytest
import yaml

from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from rl_agent.spec import SafetySpec, VelocityCurve, ZoneKind

SO101 = ROBOTS_DIR / "so101.yaml"
BOX = {"name": "desk", "kind": "box", "keep": "in", "half_size_m": [0.5, 0.5, 0.5]}


@pytest.fixture
def profile(tmp_path):
    """Write the SO-101's profile with a safety section and joint changes; return its path."""

    def write(safety, **joint):
        data = yaml.safe_load(SO101.read_text())
        data["safety"] = safety
        data["joints"][0].update(joint)
        path = tmp_path / "arm.yaml"
        path.write_text(yaml.safe_dump(data))
        return path

    return write


def test_a_profile_without_a_safety_section_needs_no_model():
    assert not SafetySpec().needs_model


def test_all_keys_arrive_as_written(profile):
    floor = {"name": "floor", "kind": "half_space", "keep": "in", "normal": [0, 0, 1]}
    head = {"name": "head", "kind": "sphere", "keep": "out", "radius_m": 0.2}
    spec = load_robot(
        profile(
            {
                "zones": [BOX, floor, {**head, "center_m": [1, 0, 1]}],
                "pairs": [{"geoms": ["base", "gripper"], "distance_m": 0.02}],
                "limit_effort": True,
                "max_power_w": 40,
                "prediction_steps": 30,
                "max_missed_ticks": 5,
                "estop_button": 1,
                "presence_ms": 300,
                "health": {"max_temperature_c": 70},
            },
            max_jerk=200.0,
            max_following_error=0.2,
            velocity_curve={"lower": -1.9, "upper": 1.9, "slope": 12.0, "offset": 0.3},
        )
    )
    safety = spec.safety
    assert [zone.kind for zone in safety.zones] == [
        ZoneKind.BOX,
        ZoneKind.HALF_SPACE,
        ZoneKind.SPHERE,
    ]
    assert safety.zones[0].half_size_m == (0.5, 0.5, 0.5)
    assert safety.zones[2].center_m == (1.0, 0.0, 1.0)
    assert safety.pairs[0].geoms == ("base", "gripper")
    assert safety.needs_tool
    assert safety.needs_dynamics
    assert safety.health.max_temperature_c == 70.0
    assert safety.health.min_battery_v is None
    assert spec.joints[0].max_jerk == 200.0
    assert spec.joints[0].velocity_curve.slope == 12.0
    assert spec.joints[1].max_jerk == float("inf")


@pytest.mark.parametrize(
    ("safety", "words"),
    [
        ({"zones": [{**BOX, "radius_m": 1.0}]}, "needs half_size_m and nothing else"),
        ({"zones": [{"name": "b", "kind": "sphere", "keep": "in"}]}, "needs radius_m"),
        (
            {"zones": [{"name": "f", "kind": "half_space", "keep": "in", "normal": [0, 0, 2]}]},
            "length 1",
        ),
        ({"zones": [BOX, {**BOX, "half_size_m": [1, 1, 1]}]}, "used twice"),
        ({"zones": [{**BOX, "keep": "maybe"}]}, "zones"),
        ({"prediction_steps": 500}, "prediction_steps"),
        ({"max_power_w": -1}, "max_power_w"),
        ({"presence_ms": float("nan")}, "presence_ms"),
        ({"zone": []}, "did you mean 'zones'"),
    ],
)
def test_mistakes_are_named(profile, safety, words):
    with pytest.raises(ProfileError, match=words):
        load_robot(profile(safety))


def test_effort_limits_need_efforts(profile):
    path = profile({"limit_effort": True})
    data = yaml.safe_load(path.read_text())
    del data["joints"][2]["max_effort"]
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(ProfileError, match=r"joints\[2\].max_effort"):
        load_robot(path)


def curve(**values):
    return {"lower": -1.93, "upper": 1.93, "slope": 10.0, "offset": 0.3, **values}


def test_a_velocity_curve_arrives_as_written(profile):
    joint = load_robot(profile({}, velocity_curve=curve())).joints[0]
    assert joint.velocity_curve == VelocityCurve(lower=-1.93, upper=1.93, slope=10.0, offset=0.3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # max_acceleration is 12: a slope of up to 24 can be followed.
        ({"slope": 24.1}, r"velocity_curve\.slope: following it takes slope/2 = 12.05"),
        ({"lower": -0.005}, r"velocity_curve: leaves no speed at home \(0\)"),
        ({"upper": 0.009}, r"velocity_curve: leaves no speed at home \(0\)"),
        ({"offset": -0.1}, r"velocity_curve\.offset"),
    ],
)
def test_a_velocity_curve_that_cannot_be_followed_is_named(profile, change, message):
    with pytest.raises(ProfileError, match=message):
        load_robot(profile({}, velocity_curve=curve(**change)))


def test_the_steepest_curve_that_can_be_followed_is_accepted(profile):
    assert load_robot(profile({}, velocity_curve=curve(slope=24.0))).joints[0].velocity_curve
