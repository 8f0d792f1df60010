"""Clearances, dynamics and predictions of the shipped arms' models, against MuJoCo itself."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from rl_agent.exceptions import TwinMismatchError
from rl_agent.robots.profile import load_robot
from rl_agent.spec import PairSpec, SafetySpec, ZoneKind, ZoneSpec
from sim.clearances import MujocoClearances
from sim.dynamics import MujocoDynamics
from sim.kinematics import MujocoKinematics
from sim.mechanics import make_mechanics
from sim.prediction import MujocoPredictor
from sim.twin import Twin

PAIRS = (PairSpec(geoms=("shoulder", "flange"), distance_m=0.05),)


@pytest.fixture
def ur5e():
    return replace(load_robot("ur5e"), safety=SafetySpec(pairs=PAIRS, prediction_steps=40))


def poses(spec, count=5):
    rng = np.random.default_rng(1)
    return spec.home + rng.uniform(-0.8, 0.8, (count, len(spec.joints)))


def test_the_gradient_of_a_distance_is_its_difference(ur5e):
    clearances = MujocoClearances(ur5e)
    for pose in poses(ur5e):
        distance, gradient = clearances.pair_distances(pose)
        assert distance.shape == (1,)
        assert gradient.shape == (1, 6)
        for joint in range(6):
            step = np.eye(6)[joint] * 1e-5
            ahead, _ = clearances.pair_distances(pose + step)
            behind, _ = clearances.pair_distances(pose - step)
            assert gradient[0, joint] == pytest.approx(float(ahead[0] - behind[0]) / 2e-5, abs=2e-3)


def test_a_geom_that_is_not_there_is_named(ur5e):
    safety = SafetySpec(pairs=(PairSpec(geoms=("sholdr", "flange"), distance_m=0.1),))
    with pytest.raises(TwinMismatchError, match="did you mean 'shoulder'"):
        MujocoClearances(replace(ur5e, safety=safety))


def test_tool_motion_is_position_and_jacobian(ur5e):
    kinematics = MujocoKinematics(ur5e)
    for pose in poses(ur5e):
        tool, jacobian = kinematics.tool_motion(pose)
        np.testing.assert_array_equal(tool, kinematics.tool_position(pose))
        np.testing.assert_array_equal(jacobian, kinematics.tool_jacobian(pose))


def test_efforts_are_those_of_inverse_dynamics(ur5e):
    dynamics = MujocoDynamics(ur5e)
    model = Twin(ur5e).model
    model.body_gravcomp[:] = 0.0
    data = mujoco.MjData(model)
    rng = np.random.default_rng(2)
    for pose in poses(ur5e):
        velocity, acceleration = rng.uniform(-1, 1, 6), rng.uniform(-3, 3, 6)
        inertia, bias = dynamics.inertia_and_bias(pose, velocity)
        data.qpos[:], data.qvel[:], data.qacc[:] = pose, velocity, acceleration
        mujoco.mj_inverse(model, data)
        # mj_inverse also counts passive forces (joint damping), which M and b do not hold.
        expected = data.qfrc_inverse + data.qfrc_passive
        np.testing.assert_allclose(inertia @ acceleration + bias, expected, atol=1e-6)


def test_a_prediction_begins_at_the_start_and_ends_at_the_command(ur5e):
    predictor = MujocoPredictor(ur5e)
    target = ur5e.home + 0.05
    commands = np.concatenate([np.linspace(ur5e.home, target, 20), np.tile(target, (60, 1))])
    found = predictor.predict(predictor.state_at(ur5e.home, np.zeros(6)), commands)
    np.testing.assert_array_equal(found.position[0], ur5e.home)
    np.testing.assert_allclose(found.position[-1], target, atol=2e-3)
    kinematics = MujocoKinematics(ur5e)
    for row in (0, 10, 50):
        expected = kinematics.tool_position(found.position[row])
        np.testing.assert_allclose(found.tool_position[row], expected, atol=1e-9)
        distance, _ = MujocoClearances(ur5e).pair_distances(found.position[row])
        np.testing.assert_allclose(found.pair_distances[row], distance, atol=1e-6)


def test_a_prediction_is_close_to_what_the_twin_does(ur5e):
    twin = Twin(replace(ur5e, twin=replace(ur5e.twin, actuator_delay_ms=0.0)))
    speed = np.full(6, 0.5)
    predictor = MujocoPredictor(ur5e)
    commands = ur5e.home + np.cumsum(np.tile(speed * 0.01, (30, 1)), axis=0)
    found = predictor.predict(predictor.state_at(ur5e.home, np.zeros(6)), commands)
    from rl_agent.types import Command

    seen = []
    for command in commands:
        seen.append(twin.measure().position.copy())
        twin.apply(Command(command, speed))
        twin.advance(0.01)
    assert np.abs(np.array(seen) - found.position).max() < 0.01


def test_a_prediction_goes_on_from_a_state_of_an_earlier_one(ur5e):
    predictor = MujocoPredictor(ur5e)
    commands = ur5e.home + np.cumsum(np.full((40, 6), 0.004), axis=0)
    whole = predictor.predict(predictor.state_at(ur5e.home, np.zeros(6)), commands)
    expected, state = whole.position[15:].copy(), whole.states[14].copy()
    rest = predictor.predict(state, commands[15:])
    np.testing.assert_allclose(rest.position, expected, atol=1e-12)


def test_predictions_do_not_remember_each_other(ur5e):
    predictor = MujocoPredictor(ur5e)
    still = np.tile(ur5e.home, (30, 1))
    rest = predictor.state_at(ur5e.home, np.zeros(6))
    kept = predictor.predict(rest, still).tool_position.copy()
    predictor.predict(predictor.state_at(ur5e.home + 0.3, np.ones(6)), still + 0.5)
    again = predictor.predict(rest, still)
    np.testing.assert_array_equal(again.tool_position, kept)


def test_only_what_the_profile_needs_is_made():
    spec = load_robot("ur5e")
    assert make_mechanics(replace(spec, safety=SafetySpec())) is None
    floor = ZoneSpec(name="floor", kind=ZoneKind.HALF_SPACE, keep="in")
    made = make_mechanics(replace(spec, safety=SafetySpec(zones=(floor,))))
    assert made.kinematics is not None
    assert (made.clearances, made.dynamics, made.predictor) == (None, None, None)
    made = make_mechanics(replace(spec, safety=SafetySpec(max_power_w=100.0)))
    assert made.kinematics is None
    assert made.dynamics is not None
