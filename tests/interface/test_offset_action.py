import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planar_robot import planar_spec

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.mappers import make_mapper
from rl_agent.interface.offset_action import OffsetMapper
from rl_agent.types import Command, Reason

PERIOD_S = 0.05
W = 2.0 * math.pi * 4.0


def spec():
    """Home at 0.5 and 1.0; an action of 1 means 0.4 and 0.2 rad away from there."""
    planar = planar_spec()
    action = dataclasses.replace(
        planar.action, max_speed=(8.0, 4.0), offset=(0.4, 0.2), smoothing_hz=4.0
    )
    return dataclasses.replace(planar, action=action)


def test_the_profile_says_which_mapper():
    assert type(make_mapper(spec())) is OffsetMapper
    assert type(make_mapper(planar_spec())) is ActionMapper


def test_the_first_step_is_the_filters_step_response():
    mapper = make_mapper(spec())
    command = mapper.command(np.array([1.0, -0.5]))
    # w T = 1.256637, e^-wT = 0.284609: 1 - 2.256637 e^-wT = 0.357741, w^2 T e^-wT = 8.98873.
    assert command.position == pytest.approx([0.5 + 0.143096, 1.0 - 0.0357741], abs=1e-6)
    assert command.velocity == pytest.approx([3.59549, -0.898873], abs=1e-5)
    # w^2 (u - x) - 2 w v = 631.655 * 0.256904 - 50.2655 * 3.59549
    assert mapper.setpoint.acceleration[0] == pytest.approx(-18.4545, abs=1e-3)


def test_a_held_action_ends_at_its_offset():
    mapper = make_mapper(spec())
    for _ in range(20):
        command = mapper.command(np.array([1.0, -0.5]))
    assert command.position == pytest.approx([0.9, 0.9], abs=1e-6)
    assert command.velocity == pytest.approx([0.0, 0.0], abs=1e-4)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=60))
def test_setpoints_stay_between_the_offsets_and_below_the_bound_of_speed(actions):
    mapper = make_mapper(spec())
    for action in actions:
        command = mapper.command(np.array(action))
        assert (np.abs(command.position - [0.5, 1.0]) <= np.array([0.4, 0.2]) + 1e-9).all()
        assert (np.abs(command.velocity) <= np.array([0.4, 0.2]) * 2.0 * W / math.e + 1e-9).all()


def test_applied_action_tells_which_offset_was_reached():
    mapper = make_mapper(spec())
    action = np.array([0.5, 0.0], np.float32)
    command = mapper.command(action)
    # An action of 1 would have moved the end point by 0.143096 rad.
    held = Command(command.position - np.array([0.0143096, 0.0]), command.velocity)
    assert mapper.applied_action(action, held, Reason.VELOCITY) == pytest.approx([0.4, 0.0])
    assert mapper.applied_action(action, held, Reason.NONE) == pytest.approx(action)


def test_the_setpoint_stays_on_a_leash_to_the_applied_command():
    mapper = make_mapper(spec())
    held = Command(np.array([0.0, 1.0]), np.zeros(2))
    # Two periods at 8 rad/s would be 0.8 rad: the gate's 0.5 rad are within the leash of joint a,
    # but a robot that is held 0.5 rad below home in joint b is not (0.4 rad).
    assert mapper.command(np.zeros(2), held).position == pytest.approx([0.5, 1.0])
    held = Command(np.array([0.5, 0.5]), np.zeros(2))
    command = mapper.command(np.zeros(2), held)
    # From 0.9 back to 1.0 within a period: 0.9 + 0.357741 * 0.1.
    assert command.position == pytest.approx([0.5, 0.9357741], abs=1e-6)


def test_state_round_trip_continues_alike():
    mapper, twin = make_mapper(spec()), make_mapper(spec())
    mapper.command(np.array([0.7, -0.4]))
    twin.set_state(mapper.get_state())
    one, two = mapper.command(np.array([0.1, 0.9])), twin.command(np.array([0.1, 0.9]))
    assert (one.position == two.position).all() and (one.velocity == two.velocity).all()


def test_offsets_and_the_home_they_start_from_are_part_of_the_contract():
    offsets = spec().contract()
    assert (offsets["offset"], offsets["offset_from"]) == ([0.4, 0.2], [0.5, 1.0])
    # Bundles of robots that are driven by speeds stay what they were.
    assert not {"offset", "offset_from"} & planar_spec().contract().keys()


def test_what_a_person_did_is_told_as_the_action_that_leads_there():
    mapper = make_mapper(spec())
    mapper.command(np.array([1.0, -0.5]))
    there = Command(np.array([0.7, 2.0]), np.array([5.0, 5.0]))
    # 0.2 of 0.4 rad away from home; and further than the actions reach.
    found = mapper.applied_action(np.zeros(2), there, Reason.HUMAN)
    np.testing.assert_allclose(found, [0.5, 1.0], atol=1e-6)
