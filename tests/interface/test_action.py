import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec

from rl_agent.interface.action import ActionMapper, action_for_speed
from rl_agent.types import Command, Reason

PERIOD_S = 0.05


def mapper_with(smoothing_hz=3.0, start=(0.0, 0.0)):
    spec = planar_spec()
    action = dataclasses.replace(spec.action, smoothing_hz=smoothing_hz)
    mapper = ActionMapper(dataclasses.replace(spec, action=action))
    mapper.reset(np.array(start))
    return mapper


def test_the_first_step_follows_tustins_rule():
    mapper = mapper_with(smoothing_hz=1.0)
    command = mapper.command(np.array([1.0, 0.0]))
    # w T = 0.314159: inertia = 0.024674 + 0.866 * 0.314159 = 0.296736; pull = w^2 T / 1.296736.
    acceleration = (2 * np.pi) ** 2 * 0.05 / 1.296736  # 1.52222 rad/s2
    assert mapper.setpoint.acceleration == pytest.approx([acceleration, 0.0], rel=1e-5)
    # Acceleration rises linearly: v = a T / 2, q = a T^2 / 6.
    assert command.velocity == pytest.approx([acceleration * 0.025, 0.0], rel=1e-5)
    assert command.position == pytest.approx([acceleration * 0.05**2 / 6, 0.0], rel=1e-5)


@pytest.mark.parametrize(
    ("action", "speed"), [(0.0, 0.0), (0.19, 0.0), (0.6, 0.5), (1.0, 1.0), (-0.6, -0.5)]
)
def test_small_actions_mean_rest_and_full_ones_stay_full(action, speed):
    spec = planar_spec()
    dead = dataclasses.replace(spec.action, dead_zone=0.2)
    mapper = ActionMapper(dataclasses.replace(spec, action=dead))
    mapper.reset(np.zeros(2))
    for _ in range(15):
        command = mapper.command(np.array([action, 0.0]))
    # (0.6 - 0.2) / (1 - 0.2) = 0.5
    assert command.velocity[0] == pytest.approx(speed, abs=2e-3)


@given(st.floats(-1.0, 1.0).filter(lambda v: abs(v) > 1e-6))
def test_action_for_speed_reaches_past_the_dead_zone(speed):
    spec = planar_spec()
    dead = dataclasses.replace(spec, action=dataclasses.replace(spec.action, dead_zone=0.2))
    mapper = ActionMapper(dead)
    mapper.reset(np.zeros(2))
    action = action_for_speed(dead.action, np.array([speed, 0.0]))
    for _ in range(15):
        command = mapper.command(action)
    assert command.velocity == pytest.approx([speed, 0.0], abs=2e-3)


def test_a_full_action_ends_at_full_speed_with_next_to_no_overshoot():
    mapper = mapper_with(start=(-1.8, 0.0))
    speeds = [mapper.command(np.array([1.0, 0.0])).velocity[0] for _ in range(20)]
    assert speeds[-1] == pytest.approx(1.0, abs=1e-3)
    assert max(speeds) < 1.02


@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
        min_size=1,
        max_size=60,
    )
)
def test_setpoints_are_smooth_whatever_is_asked(actions):
    mapper = mapper_with(start=(1.7, -1.7))
    before = mapper.setpoint
    for action in actions:
        command = mapper.command(np.array(action))
        now = mapper.setpoint
        assert (np.abs(now.acceleration) <= 9.5 + 1e-12).all()
        mean_acceleration = 0.5 * (before.acceleration + now.acceleration)
        assert now.velocity - before.velocity == pytest.approx(mean_acceleration * PERIOD_S)
        assert (np.abs(command.velocity) <= 1.1).all()
        assert (np.abs(command.position) <= 1.9 + 1e-9).all()
        before = now


def test_it_brakes_before_the_soft_limit_and_comes_close():
    mapper = mapper_with()
    for _ in range(100):
        command = mapper.command(np.array([1.0, -1.0]))
    assert command.position == pytest.approx([1.9, -1.9], abs=0.01)


def test_the_setpoint_stays_on_a_leash_to_the_applied_command():
    mapper = mapper_with()
    held = Command(np.zeros(2), np.zeros(2))
    for _ in range(50):
        command = mapper.command(np.array([1.0, 0.0]), applied=held)
    # Two periods at full speed, 0.1 rad, and the step taken after the leash was applied.
    assert command.position[0] <= 0.1 + PERIOD_S * 1.0


def test_the_setpoint_does_not_run_away_from_a_joint_that_presses_against_something():
    spec = planar_spec()
    joints = tuple(dataclasses.replace(joint, max_following_error=0.25) for joint in spec.joints)
    mapper = ActionMapper(dataclasses.replace(spec, joints=joints))
    stuck = np.zeros(2)
    commands = [mapper.command(np.array([1.0, 0.0]), measured=stuck) for _ in range(50)]
    # 0.8 of 0.25 rad ahead, and the step taken afterwards, from rest: the gate need not hold.
    assert max(command.position[0] for command in commands) < 0.25
    assert commands[-1].position[0] >= 0.2
    # And the way back begins at once.
    assert mapper.command(np.array([-1.0, 0.0]), measured=stuck).position[0] < 0.2


def test_applied_action_is_the_proposed_one_when_nothing_was_changed():
    mapper = ActionMapper(planar_spec())
    action = np.array([0.3, -0.2], np.float32)
    command = mapper.command(action)
    applied = Command(command.position - 1.0, command.velocity)
    assert mapper.applied_action(action, applied, Reason.NONE) == pytest.approx(action)


def test_applied_action_tells_how_far_the_gate_held_back():
    mapper = mapper_with()
    action = np.array([1.0, 0.0], np.float32)
    command = mapper.command(action)
    applied = Command(command.position - np.array([0.01, 0.0]), command.velocity)
    # 0.01 rad in 0.05 s at 1 rad/s full speed: 0.2 of the action.
    corrected = mapper.applied_action(action, applied, Reason.VELOCITY)
    assert corrected == pytest.approx([0.8, 0.0])


def test_applied_action_does_not_count_an_old_backlog_twice():
    mapper = mapper_with()
    action = np.array([1.0, 0.0], np.float32)
    behind = np.array([-0.02, 0.0])
    start = Command(mapper.setpoint.position + behind, np.zeros(2))
    command = mapper.command(action, applied=start)
    # Still 0.02 rad behind at the end: this step went as far as it should.
    applied = Command(command.position + behind, command.velocity)
    assert mapper.applied_action(action, applied, Reason.VELOCITY) == pytest.approx(action)


def test_what_a_person_did_is_told_as_the_action_that_keeps_it_up():
    spec = planar_spec()
    action = dataclasses.replace(spec.action, max_speed=(1.0, 2.0), dead_zone=0.2)
    mapper = ActionMapper(dataclasses.replace(spec, action=action))
    mapper.command(np.array([1.0, 1.0]))
    found = [
        mapper.applied_action(np.ones(2), Command(np.full(2, 9.0), np.array(speed)), reasons)
        for speed, reasons in (
            ([0.5, -1.0], Reason.HUMAN),
            ([3.0, 1e-6], Reason.HUMAN | Reason.VELOCITY),
        )
    ]
    # 0.2 + 0.8 * 0.5 each; then more than the action's range, and as good as nothing.
    np.testing.assert_allclose(found, [[0.6, -0.6], [1.0, 0.0]], atol=1e-6)


def test_state_round_trip_continues_alike():
    mapper, twin = ActionMapper(planar_spec()), ActionMapper(planar_spec())
    mapper.command(np.array([0.7, -0.4]))
    twin.set_state(mapper.get_state())
    one, two = mapper.command(np.array([0.1, 0.9])), twin.command(np.array([0.1, 0.9]))
    assert (one.position == two.position).all()
    assert (one.velocity == two.velocity).all()
