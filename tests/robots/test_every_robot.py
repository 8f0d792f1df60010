"""What every profile that ships must show together with its twin; a new YAML is tested for free."""

import math
from dataclasses import replace

import numpy as np
import pytest
from chains import TOOL_POSES

from rl_agent.robots.profile import available_robots, load_robot
from rl_agent.spec import ControllerType, JointType
from rl_agent.types import Command
from sim.check import compare
from sim.kinematics import MujocoKinematics
from sim.loading import find_mjcf
from sim.twin import Twin

ROBOTS = available_robots()


@pytest.fixture(params=ROBOTS)
def spec(request):
    return load_robot(request.param)


@pytest.fixture
def twin(spec):
    """One that walks hangs in the air, where its servos are as free as an arm's."""
    twin = Twin(spec)
    if twin.base is not None:
        twin.model.opt.gravity[:] = 0.0
    return twin


def test_actions_pass_a_low_pass_that_the_policy_sees_and_the_contract_names(spec):
    assert 0.0 < spec.action.smoothing_hz < 0.5 * spec.policy_hz
    assert {"setpoint_velocity", "setpoint_acceleration"} <= set(spec.obs_terms)
    changed = replace(
        spec, action=replace(spec.action, smoothing_hz=0.9 * spec.action.smoothing_hz)
    )
    assert changed.contract_hash() != spec.contract_hash()


def is_velocity_driven(spec) -> bool:
    return spec.controller.type is ControllerType.FORWARD_VELOCITY


def commanded(spec, values):
    return np.asarray(values)[list(spec.command_index)]


def lag_bound_s(spec) -> float:
    """At speed v the measured position may trail by v times this."""
    return 0.050 + spec.twin.actuator_delay_ms / 1e3


def slack_rad(twin) -> float:
    """A position servo may rest this far away: where its spring balances dry friction."""
    dofs = twin.model.jnt_dofadr[twin.model.actuator_trnid[:, 0]]
    return float((twin.model.dof_frictionloss[dofs] / twin.model.actuator_gainprm[:, 0]).max())


def random_positions(spec, rng):
    """A pose within the hard limits, a turn around for continuous joints."""
    lower = [max(joint.lower, -math.pi) for joint in spec.joints]
    upper = [min(joint.upper, math.pi) for joint in spec.joints]
    return rng.uniform(lower, upper)


def test_profile_and_mjcf_agree(spec):
    assert compare(spec) == []


def test_mjcf_is_small_and_has_no_meshes(spec):
    text = find_mjcf(spec).read_text()
    assert len(text) <= 20_000
    assert "<mesh" not in text and ".stl" not in text


def test_mjcf_names_its_source(spec):
    head = find_mjcf(spec).read_text().lstrip()
    assert head.startswith("<!--")
    assert "published" in head or "from" in head


def test_names_round_trip(spec, twin):
    # Every joint gets a number of its own, so that a swapped pair cannot go unseen.
    middle = np.array([0.5 * (max(j.lower, -1) + min(j.upper, 1)) for j in spec.joints])
    position = middle + 0.001 * np.arange(1, len(spec.joints) + 1)
    measurement = twin.reset(position)
    np.testing.assert_array_equal(measurement.position, position)
    for name, value in zip(spec.joint_names, position, strict=True):
        assert twin.data.joint(name).qpos[0] == value


def test_home_holds_without_drift_or_vibration(spec, twin):
    twin.reset()
    positions, velocities = [], []
    for _ in range(200):
        twin.advance(0.01)
        measurement = twin.measure()
        positions.append(commanded(spec, measurement.position))
        velocities.append(commanded(spec, measurement.velocity))
    home = commanded(spec, spec.home)
    assert np.abs(np.array(positions) - home).max() < 0.005  # gravity sag
    assert np.abs(np.array(velocities[50:])).max() < 1e-3


def test_tracks_a_slow_sine_with_a_bounded_lag(spec, twin):
    rate_hz, amplitude, omega = 100.0, 0.15, 2.0
    max_lag_s = lag_bound_s(spec)
    home = commanded(spec, spec.home)
    twin.reset()
    errors, velocity_errors = [], []
    for step in range(400):
        time_s = step / rate_hz
        fade = min(1.0, time_s)
        position = home + fade * amplitude * np.sin(omega * time_s)
        velocity = np.full_like(home, fade * amplitude * omega * np.cos(omega * time_s))
        measurement = twin.measure()
        errors.append(commanded(spec, measurement.position) - position)
        velocity_errors.append(commanded(spec, measurement.velocity) - velocity)
        twin.apply(Command(position, velocity))
        twin.advance(1.0 / rate_hz)
    if is_velocity_driven(spec):
        bound = max_lag_s * amplitude * omega**2 + 0.02
        assert np.abs(velocity_errors[100:]).max() < bound
    else:
        slack = 0.003 + slack_rad(twin)
        assert np.abs(errors).max() < max_lag_s * amplitude * omega + slack


def test_follows_at_full_speed_without_saturation(spec, twin):
    """A move at the policy's full speed stays within the effort that the profile grants."""
    if is_velocity_driven(spec):
        twin.reset()
        twin.apply(Command(np.zeros(1), np.array(spec.action.max_speed)))
        twin.advance(0.3)
        assert twin.measure().velocity[0] == pytest.approx(spec.action.max_speed[0], rel=0.05)
        return
    joint = spec.action_index[0]  # the pan: free of gravity
    driven = spec.command_joints[joint]
    speed, acceleration = spec.action.max_speed[0], driven.max_acceleration
    ramp_s = speed / acceleration
    target = commanded(spec, spec.home)
    start = target[joint]
    twin.reset()
    errors, efforts = [], []
    duration_s = min(0.6, (driven.upper - driven.margin - driven.home) / speed)
    for time_s in np.arange(0.0, duration_s, 0.01):
        is_ramping = time_s < ramp_s
        moved = acceleration * time_s**2 / 2 if is_ramping else speed * (time_s - ramp_s / 2)
        target[joint] = start + moved
        twin.apply(Command(target.copy(), np.zeros_like(target)))
        twin.advance(0.01)
        errors.append(target - commanded(spec, twin.measure().position))
        efforts.append(twin.data.actuator_force.copy())
    limits = np.array([joint.max_effort for joint in spec.command_joints])
    assert np.abs(errors).max() < speed * lag_bound_s(spec)
    assert (np.abs(efforts) < 0.95 * limits).all()


def test_no_actuator_is_stronger_than_the_profile(spec, twin):
    for joint in spec.command_joints:
        actuator = twin.model.actuator(joint.name)
        assert actuator.forcerange[1] <= joint.max_effort


def test_same_commands_give_the_same_motion(spec):
    def run() -> np.ndarray:
        twin, rng = Twin(spec), np.random.default_rng(5)
        home = commanded(spec, spec.home)
        readings = []
        for _ in range(60):
            offset = rng.uniform(-0.1, 0.1, len(home))
            twin.apply(Command(home + offset, offset))
            twin.advance(0.01)
            measurement = twin.measure()
            readings.append([*measurement.position, *measurement.velocity])
        return np.array(readings)

    np.testing.assert_array_equal(run(), run())


def test_state_restored_in_motion_goes_on_bit_by_bit(spec, twin):
    home = commanded(spec, spec.home)

    def move(steps) -> np.ndarray:
        readings = []
        for step in steps:
            offset = 0.1 * np.sin(0.2 * step + np.arange(len(home)))
            twin.apply(Command(home + offset, offset))
            twin.advance(0.005)  # two and a half physics steps: the half is part of the state
            readings.append([twin.time_s, *twin.measure().position, *twin.measure().velocity])
        return np.array(readings)

    twin.reset()
    move(range(33))
    state = twin.get_state()
    expected = move(range(33, 66))
    twin.set_state(state)
    np.testing.assert_array_equal(move(range(33, 66)), expected)


def test_tool_position_equals_the_published_kinematics(spec):
    if spec.tool is None:
        assert spec.name not in TOOL_POSES
        return
    assert spec.name in TOOL_POSES, "add the robot's published chain to tests/support/chains.py"
    kinematics, rng = MujocoKinematics(spec), np.random.default_rng(2)
    for _ in range(50):
        position = random_positions(spec, rng)
        expected = TOOL_POSES[spec.name](position)[:3, 3]
        np.testing.assert_allclose(kinematics.tool_position(position), expected, atol=1e-9)


def test_jacobian_equals_finite_differences(spec):
    if spec.tool is None:
        assert spec.name not in TOOL_POSES
        return
    kinematics, rng = MujocoKinematics(spec), np.random.default_rng(3)
    step = 1e-6
    for _ in range(5):
        position = random_positions(spec, rng)
        expected = np.empty((3, len(position)))
        for column, nudge in enumerate(step * np.eye(len(position))):
            ahead = kinematics.tool_position(position + nudge)
            expected[:, column] = (ahead - kinematics.tool_position(position - nudge)) / (2 * step)
        np.testing.assert_allclose(kinematics.tool_jacobian(position), expected, atol=1e-8)


def test_home_is_no_singular_pose(spec):
    if spec.tool is None:
        assert spec.name not in TOOL_POSES
        return
    jacobian = MujocoKinematics(spec).tool_jacobian(spec.home)
    columns = [spec.command_index[i] for i in spec.action_index]
    smallest = np.linalg.svd(jacobian[:, columns], compute_uv=False)[-1]
    assert smallest > 0.05  # [m/rad]: a rad/s of effort still moves the tool 5 cm/s any way


def test_home_is_clear_of_the_limits(spec):
    for joint in spec.joints:
        if joint.type is not JointType.CONTINUOUS:
            room = min(joint.home - joint.lower, joint.upper - joint.home)
            assert room > 0.1 * (joint.upper - joint.lower)
