import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec

from rl_agent.interface.action import ActionMapper
from rl_agent.types import Command, Reason

PERIOD_S = 0.05


def test_a_full_action_rises_at_95_percent_of_the_acceleration_limit():
    mapper = ActionMapper(planar_spec())
    mapper.reset(np.zeros(2))
    command = mapper.command(np.array([1.0, 0.0]))
    # 0.95 * 10 rad/s2 * 0.05 s = 0.475 rad/s; trapezoid: 0.05 * (0 + 0.475) / 2 = 0.011875 rad.
    assert command.velocity == pytest.approx([0.475, 0.0])
    assert command.position == pytest.approx([0.011875, 0.0])
    assert mapper.setpoint.acceleration == pytest.approx([9.5, 0.0])


def test_the_low_pass_blends_the_speed():
    spec = planar_spec()
    spec = dataclasses.replace(spec, action=dataclasses.replace(spec.action, smoothing_hz=1.0))
    mapper = ActionMapper(spec)
    mapper.reset(np.zeros(2))
    blend = 1.0 - np.exp(-2.0 * np.pi * 1.0 * PERIOD_S)  # 0.2696
    assert mapper.command(np.array([1.0, 0.0])).velocity[0] == pytest.approx(blend)
    assert mapper.command(np.array([1.0, 0.0])).velocity[0] == pytest.approx(
        blend + blend * (1 - blend)
    )


@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
        min_size=1,
        max_size=60,
    )
)
def test_setpoints_keep_the_limits_whatever_is_asked(actions):
    mapper = ActionMapper(planar_spec())
    mapper.reset(np.array([1.7, -1.7]))
    velocity = np.zeros(2)
    for action in actions:
        command = mapper.command(np.array(action))
        assert (np.abs(command.velocity - velocity) <= 9.5 * PERIOD_S + 1e-12).all()
        assert (np.abs(command.velocity) <= 1.0 + 1e-12).all()
        assert (np.abs(command.position) <= 1.9 + 1e-12).all()
        velocity = command.velocity


def test_it_brakes_before_the_soft_limit_and_comes_close():
    mapper = ActionMapper(planar_spec())
    mapper.reset(np.zeros(2))
    for _ in range(100):
        command = mapper.command(np.array([1.0, -1.0]))
    assert command.position == pytest.approx([1.9, -1.9], abs=5e-3)


def test_the_setpoint_stays_on_a_leash_to_the_applied_command():
    mapper = ActionMapper(planar_spec())
    mapper.reset(np.zeros(2))
    held = Command(np.zeros(2), np.zeros(2))
    for _ in range(50):
        command = mapper.command(np.array([1.0, 0.0]), applied=held)
    # Two periods at full speed, 0.1 rad, and the step taken after the leash was applied.
    assert command.position[0] <= 0.1 + PERIOD_S * 1.0


def test_applied_action_is_the_proposed_one_when_nothing_was_changed():
    mapper = ActionMapper(planar_spec())
    action = np.array([0.3, -0.2], np.float32)
    command = mapper.command(action)
    applied = Command(command.position - 1.0, command.velocity)
    assert mapper.applied_action(action, applied, Reason.NONE) == pytest.approx(action)


def test_applied_action_tells_how_far_the_gate_held_back():
    mapper = ActionMapper(planar_spec())
    mapper.reset(np.zeros(2))
    action = np.array([1.0, 0.0], np.float32)
    command = mapper.command(action)
    applied = Command(command.position - np.array([0.01, 0.0]), command.velocity)
    # 0.01 rad in 0.05 s at 1 rad/s full speed: 0.2 of the action.
    corrected = mapper.applied_action(action, applied, Reason.VELOCITY)
    assert corrected == pytest.approx([0.8, 0.0])


def test_state_round_trip_continues_alike():
    mapper, twin = ActionMapper(planar_spec()), ActionMapper(planar_spec())
    mapper.command(np.array([0.7, -0.4]))
    twin.set_state(mapper.get_state())
    one, two = mapper.command(np.array([0.1, 0.9])), twin.command(np.array([0.1, 0.9]))
    assert (one.position == two.position).all()
    assert (one.velocity == two.velocity).all()
