import dataclasses

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.interface.action import SetPoint
from rl_agent.interface.observation import BODY_TERMS, ObservationBuilder, rotate_to_azimuth
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.tasks.reach import ReachTask
from rl_agent.types import Imu, Measurement

RECENT = RecentActions(np.array([[0.1, 0.2], [0.3, 0.4], [-0.5, 0.6], [0.7, -0.8]], np.float32))


def build(terms, position=(0.5, 1.0), velocity=(0.3, -0.6), age_s=0.0):
    spec = dataclasses.replace(planar_spec(), obs_terms=tuple(terms))
    kinematics = PlanarKinematics()
    builder = ObservationBuilder(spec, ReachTask(spec, kinematics), kinematics)
    setpoint = SetPoint(np.array([0.52, 1.0]), np.array([0.5, 0.0]), np.array([5.0, 0.0]))
    measurement = Measurement(1.0, np.array(position), np.array(velocity), age_s=age_s)
    goal = kinematics.tool_position(np.array(position))
    return builder, builder.build(measurement, goal, setpoint, RECENT)


def test_terms_are_scaled_and_in_profile_order():
    builder, obs = build(
        [
            "joint_velocity",
            "joint_position",
            "setpoint_error",
            "setpoint_velocity",
            "setpoint_acceleration",
            "previous_action",
        ]
    )
    expected = [
        *(0.3 / 1.0, -0.6 / 1.0),
        *(0.5, 1.0),
        *(0.02 / 0.05, 0.0),
        *(0.5, 0.0),
        *(5.0 / (2.0 * np.pi * 3.0), 0.0),
        *(0.1, 0.2),
    ]
    assert obs[:12] == pytest.approx(expected, abs=1e-6)
    assert obs[builder.goal_slice] == pytest.approx(np.zeros(6))
    assert [name for name, _, _ in builder.layout][-1] == "goal"
    assert builder.obs_dim == len(obs) == 18
    assert obs.dtype == np.float32


def test_the_history_holds_the_actions_before_the_previous_one_newest_first():
    builder, obs = build(["action_history", "previous_action"])
    assert obs[:8] == pytest.approx([0.3, 0.4, -0.5, 0.6, 0.7, -0.8, 0.1, 0.2])
    # Three actions of two joints, before the previous one.
    assert builder.layout[:2] == [("action_history", 0, 6), ("previous_action", 6, 2)]


@pytest.mark.parametrize(
    ("age_s", "periods"), [(0.0, 0.0), (0.004, 0.08), (0.15, 3.0), (0.16, 3.0), (-0.01, 0.0)]
)
def test_an_age_is_seen_in_policy_periods(age_s, periods):
    builder, obs = build(["measurement_age"], age_s=age_s)  # 20 Hz: 50 ms
    assert obs[0] == pytest.approx(periods)
    assert builder.layout[0] == ("measurement_age", 0, 1)


def test_tool_jacobian_does_not_depend_on_the_first_joint():
    _, ahead = build(["tool_jacobian"], position=(0.0, 1.0))
    _, aside = build(["tool_jacobian"], position=(1.2, 1.0))
    assert ahead[:6] == pytest.approx(aside[:6], abs=1e-6)


def test_rotation_splits_into_radial_and_tangential():
    # At azimuth 90 degrees, +y is radial and -x is tangential.
    turned = rotate_to_azimuth(np.array([[-1.0], [2.0], [3.0]]), np.pi / 2)
    assert turned[:, 0] == pytest.approx([2.0, 1.0, 3.0])


def build_body(**readings):
    spec = dataclasses.replace(planar_spec(), obs_terms=BODY_TERMS)
    kinematics = PlanarKinematics()
    builder = ObservationBuilder(spec, ReachTask(spec, kinematics), kinematics)
    rest = SetPoint(np.zeros(2), np.zeros(2), np.zeros(2))
    measurement = Measurement(1.0, np.array([0.5, 1.0]), np.zeros(2), **readings)
    return builder, builder.build(measurement, np.zeros(3), rest, RECENT)


def test_terms_of_the_body_are_seen_in_the_profiles_order():
    imu = Imu(np.array([0.6, 0.0, -0.8]), np.array([0.4, -2.0, 4.0]))
    builder, obs = build_body(imu=imu, base_velocity=np.array([0.5, -0.1, 0.02]))
    # Turns are scaled by 4 rad/s.
    expected = [*(0.6, 0.0, -0.8), *(0.1, -0.5, 1.0), *(0.5, -0.1, 0.02)]
    assert obs[:9] == pytest.approx(expected, abs=1e-7)
    assert [size for _, _, size in builder.layout] == [3, 3, 3, 6]


def test_a_body_that_was_not_heard_is_not_a_number():
    _, obs = build_body()
    assert np.isnan(obs[:9]).all() and np.isfinite(obs[9:]).all()


def test_an_unknown_term_names_the_nearest():
    with pytest.raises(ProfileError, match="joint_position"):
        build(["joint_positon"])


def test_tightening_a_limit_does_not_change_what_the_policy_sees():
    spec = planar_spec()
    joints = tuple(
        dataclasses.replace(j, upper=1.5, max_velocity=1.0, max_acceleration=5.0)
        for j in spec.joints
    )
    kinematics = PlanarKinematics()
    setpoint = SetPoint(np.array([0.52, 1.0]), np.array([0.5, 0.0]), np.array([5.0, 0.0]))
    measurement = Measurement(1.0, np.array([0.5, 1.0]), np.array([0.3, -0.6]))
    seen = []
    for robot in (spec, dataclasses.replace(spec, joints=joints)):
        builder = ObservationBuilder(robot, ReachTask(robot, kinematics), kinematics)
        seen.append(builder.build(measurement, np.zeros(3), setpoint, RECENT))
    assert (seen[0] == seen[1]).all()
