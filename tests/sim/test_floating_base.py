import math
from dataclasses import replace

import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from rl_agent.types import Command, Reason, SafetyState
from sim.check import compare
from sim.control_loop import ControlLoop
from sim.twin import Twin

LEAN_RAD = math.radians(30.0)
COS, SIN = math.cos(LEAN_RAD), math.sin(LEAN_RAD)


@pytest.fixture
def go1():
    return load_robot("go1")


@pytest.fixture
def twin(go1):
    return Twin(go1)


def turn(twin, axis, angle_rad):
    """Turn the trunk from upright about one of the world's axes."""
    quat = np.zeros(4)
    quat[0], quat[1 + axis] = math.cos(angle_rad / 2), math.sin(angle_rad / 2)
    twin.data.qpos[3:7] = quat


@pytest.mark.parametrize(
    ("axis", "gravity"),
    [
        # Rolled to the right, down is to its right (-y); nose down, ahead (+x).
        (0, (0.0, -SIN, -COS)),
        (1, (SIN, 0.0, -COS)),
        (2, (0.0, 0.0, -1.0)),
    ],
)
def test_projected_gravity_at_a_lean_of_30_degrees(twin, axis, gravity):
    turn(twin, axis, LEAN_RAD)
    assert twin.measure().imu.projected_gravity == pytest.approx(gravity, abs=1e-12)


def test_velocities_are_told_in_the_bodys_frame(twin):
    turn(twin, 2, math.pi / 2)  # its nose points along the world's y
    twin.data.qvel[:6] = [-0.1, 0.5, 0.2, 0.3, -0.4, 0.6]
    measured = twin.measure()
    # World y is ahead; world x is to its right.
    assert measured.base_velocity == pytest.approx([0.5, 0.1, 0.2])
    # A free joint's angular velocity is the body's already.
    assert measured.imu.angular_velocity == pytest.approx([0.3, -0.4, 0.6])


def test_a_bolted_robot_has_no_imu():
    twin = Twin(load_robot("so101"))
    assert (twin.base, twin.measure().imu, twin.measure().base_velocity) == (None, None, None)


def test_it_is_put_down_on_its_lowest_link(twin):
    twin.reset()
    # Two links of 0.213 m, 0.9 rad from upright each, and a foot of 20 mm.
    assert twin.data.qpos[2] == pytest.approx(2 * 0.213 * math.cos(0.9) + 0.02, abs=1e-6)
    stretched = np.tile([0.0, 0.42, -0.84], 4)
    twin.reset(stretched)
    assert twin.data.qpos[2] == pytest.approx(2 * 0.213 * math.cos(0.42) + 0.02, abs=1e-6)


def test_the_mass_is_the_sources_sum(twin):
    # go1.urdf: trunk, imu, and per leg hip, thigh, calf and foot.
    expected = 5.204 + 0.001 + 4 * (0.591 + 0.92 + 0.131 + 0.06)
    assert twin.model.body_mass.sum() == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(12.013)


def test_it_stands_in_its_home_pose_for_five_seconds(go1, twin):
    twin.reset()
    height, lean, efforts = [], [], []
    for _ in range(500):
        twin.advance(0.01)
        measured = twin.measure()
        height.append(twin.data.qpos[2])
        lean.append(math.acos(-measured.imu.projected_gravity[2]))
        efforts.append(measured.effort.copy())
    assert min(height) > 0.22 and max(lean) < 0.1
    assert np.abs(measured.velocity).max() < 0.01
    # The knees bear 12.013 kg * 9.81 / 4 = 29.5 N on a lever of 0.213 sin 0.9 = 0.167 m: 4.9 N m.
    assert np.abs(measured.effort[2::3]).mean() == pytest.approx(4.9, rel=0.2)
    # A servo of 35 N m/rad gives way by its torque / 35; the rear legs bear more.
    sag = go1.home - measured.position
    assert sag == pytest.approx(measured.effort / 35.0, abs=1e-3)
    assert np.abs(sag).max() < 0.25
    assert np.abs(efforts).max() <= 23.7


def test_no_torque_is_above_its_limit_whatever_is_commanded(go1, twin):
    rng = np.random.default_rng(0)
    lower = np.array([joint.lower for joint in go1.joints])
    upper = np.array([joint.upper for joint in go1.joints])
    twin.reset()
    efforts = []
    for _ in range(200):
        twin.apply(Command(rng.uniform(lower, upper), np.zeros(12)))
        twin.advance(0.01)
        efforts.append(twin.measure().effort.copy())
    largest = np.abs(efforts).max(axis=0)
    assert largest.max() == pytest.approx(23.7)  # it was asked for more
    assert (largest <= 23.7 + 1e-9).all()


def test_the_gate_stops_a_robot_that_falls(go1, twin):
    loop = ControlLoop(go1, twin)
    loop.reset(go1.home)
    home = Command(go1.home, np.zeros(12))
    assert loop.run(home).state is SafetyState.ARMED
    turn(twin, 0, 0.85)  # at most 0.8 may be
    report = loop.run(home)
    assert report.state is SafetyState.STOPPED
    assert report.reasons & Reason.FALL


def test_a_state_holds_what_the_policy_sees_of_the_body(go1, twin):
    loop = ControlLoop(go1, twin)
    loop.reset(go1.home)
    loop.run(Command(go1.home + 0.1, np.zeros(12)))
    before = loop.measurement
    state = loop.get_state()
    other = ControlLoop(go1, Twin(go1))
    other.reset(go1.home)
    other.set_state(state)
    restored = other.measurement
    np.testing.assert_array_equal(restored.imu.projected_gravity, before.imu.projected_gravity)
    np.testing.assert_array_equal(restored.imu.angular_velocity, before.imu.angular_velocity)
    np.testing.assert_array_equal(restored.base_velocity, before.base_velocity)
    assert np.abs(before.base_velocity).max() > 1e-4


def test_models_of_a_fixed_base_are_refused(go1):
    safety = replace(go1.safety, limit_effort=True, prediction_steps=10)
    paths = [problem.path for problem in compare(replace(go1, safety=safety))]
    assert paths == ["safety.limit_effort", "safety.prediction_steps"]


def test_terms_of_a_body_that_cannot_move_are_refused():
    so101 = load_robot("so101")
    terms = ("joint_position", "projected_gravity")
    (problem,) = compare(replace(so101, obs_terms=terms))
    assert problem.path == "observation.terms[1]"
    assert "'projected_gravity' needs a body with a free joint" in problem.message


def test_a_fallen_twin_is_set_on_its_feet_where_it_lies(twin, go1):
    twin.reset()
    # On its side, a metre away, turned about the vertical by 60 degrees, its joints anywhere.
    yaw = math.radians(60.0)
    half = yaw / 2.0
    lean = math.radians(80.0) / 2.0
    # Yaw about the world's z, then roll about the body's x.
    twin.data.qpos[:7] = [
        *(1.0, -0.5, 0.1),
        math.cos(half) * math.cos(lean),
        math.cos(half) * math.sin(lean),
        math.sin(half) * math.sin(lean),
        math.sin(half) * math.cos(lean),
    ]
    twin.data.qpos[7:] += 0.3
    twin.data.qvel[:] = 1.0
    before_s = twin.time_s
    twin.stand_up()
    measured = twin.measure()
    assert measured.imu.projected_gravity == pytest.approx([0.0, 0.0, -1.0], abs=1e-9)
    assert twin.data.qpos[:2] == pytest.approx([1.0, -0.5])
    assert 2.0 * math.atan2(twin.data.qpos[6], twin.data.qpos[3]) == pytest.approx(yaw, abs=0.02)
    assert measured.position == pytest.approx(go1.home)
    assert not twin.data.qvel.any()
    assert twin.time_s == before_s
    twin.advance(1.0)
    assert -twin.measure().imu.projected_gravity[2] > 0.99  # and there it stands
