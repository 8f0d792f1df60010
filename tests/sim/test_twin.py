from dataclasses import replace

import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from rl_agent.types import Command
from sim.twin import Twin


def step_command(spec, offset=0.1) -> Command:
    position = spec.home + offset
    return Command(position, np.zeros_like(position))


def test_reset_starts_at_home_and_at_time_zero(so101):
    twin = Twin(so101)
    twin.advance(1.0)
    measurement = twin.reset()
    assert measurement.stamp_s == twin.time_s == 0.0
    np.testing.assert_array_equal(measurement.position, so101.home)
    np.testing.assert_array_equal(measurement.velocity, np.zeros(6))


def test_reset_to_a_pose_holds_that_pose(so101):
    twin = Twin(so101)
    pose = so101.home + np.array([0.5, 0.2, 0.1, -0.3, 0.4, 0.1])
    twin.reset(pose)
    twin.advance(0.5)
    np.testing.assert_allclose(twin.measure().position, pose, atol=0.005)


def test_time_is_counted_in_steps_and_never_drifts(so101):
    twin = Twin(so101)
    for _ in range(1000):
        twin.advance(0.005)  # two and a half steps of 2 ms
    assert twin.time_s == 5.0


@pytest.mark.parametrize(("delay_ms", "num_steps"), [(0.0, 0), (2.0, 1), (3.0, 2), (20.0, 10)])
def test_commands_reach_the_servos_after_the_actuator_delay(with_delays, delay_ms, num_steps):
    spec = with_delays(actuator=delay_ms)
    twin = Twin(spec)
    command = step_command(spec)
    twin.apply(command)
    for _ in range(num_steps):
        twin.step(1)
        np.testing.assert_array_equal(twin.data.ctrl, spec.home)
    twin.step(1)
    np.testing.assert_array_equal(twin.data.ctrl, command.position)


def test_delayed_commands_arrive_in_order_within_one_advance(with_delays):
    spec = with_delays(actuator=20.0)
    split, whole = Twin(spec), Twin(spec)
    for twin in (split, whole):
        twin.apply(step_command(spec, 0.1))
        twin.step(3)
        twin.apply(step_command(spec, -0.1))
    for _ in range(50):
        split.step(1)
    whole.step(50)
    np.testing.assert_array_equal(split.data.qpos, whole.data.qpos)


def test_a_command_is_copied(with_delays):
    spec = with_delays(actuator=4.0)
    twin = Twin(spec)
    command = step_command(spec)
    twin.apply(command)
    command.position[:] = 99.0
    twin.step(5)
    assert twin.data.ctrl.max() < 2.0


def test_velocity_controllers_obey_the_velocity_only():
    spec = load_robot("cartpole")
    twin = Twin(spec)
    twin.apply(Command(np.array([0.4]), np.array([0.25])))
    twin.advance(0.4)
    assert twin.measure().velocity[0] == pytest.approx(0.25, abs=0.01)


def test_a_reset_forgets_commands_on_their_way(with_delays):
    spec = with_delays(actuator=20.0)
    twin = Twin(spec)
    twin.apply(step_command(spec))
    twin.reset()
    twin.step(20)
    np.testing.assert_array_equal(twin.data.ctrl, spec.home)


def test_measurements_are_copies(so101):
    twin = Twin(so101)
    before = twin.measure()
    twin.apply(step_command(so101, 0.3))
    twin.advance(0.2)
    np.testing.assert_array_equal(before.position, so101.home)


def test_a_state_holds_commands_on_their_way(with_delays):
    spec = with_delays(actuator=20.0)
    twin = Twin(spec)
    twin.apply(step_command(spec))
    twin.step(4)
    state = twin.get_state()
    other = Twin(spec)
    other.set_state(state)
    for restored in (twin, other):
        restored.step(30)
    np.testing.assert_array_equal(other.measure().position, twin.measure().position)
    assert other.time_s == twin.time_s


def test_weaker_profiles_weaken_the_twin(so101):
    joints = tuple(replace(joint, max_effort=0.5) for joint in so101.joints)
    twin = Twin(replace(so101, joints=joints))
    np.testing.assert_array_equal(twin.model.actuator_forcerange[:, 1], np.full(6, 0.5))


def test_the_desk_stops_the_arm(so101):
    """A command into the desk ends in contact, not below it."""
    twin = Twin(so101)
    pose = so101.home.copy()
    pose[1:4] = (0.3, 0.4, 0.6)
    twin.apply(Command(pose, np.zeros(6)))
    twin.advance(2.0)
    assert twin.data.ncon > 0
    assert twin.tool_position()[2] > -0.005


def test_tool_position_of_a_robot_without_tool():
    with pytest.raises(ValueError, match="cartpole has no tool"):
        Twin(load_robot("cartpole")).tool_position()
