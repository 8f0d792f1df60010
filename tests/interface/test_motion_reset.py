"""A scripted reset: slow, straight, through the mapper, until the robot rests or time is up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.mappers import make_mapper
from rl_agent.interface.motion_reset import SPEED_SHARE, TIMEOUT_S, MotionReset
from rl_agent.robots.profile import load_robot
from rl_agent.types import Command, Measurement

SPEC = planar_spec()
NOWHERE = np.zeros(3)


def reading(position, velocity=0.0):
    position = np.array(position, dtype=float)
    return Measurement(1.0, position, np.full(len(position), velocity))


def drive(reset, mapper, start, *, most=1000, velocity=None):
    """Follow the set-points exactly; return those of each period until the reset is over."""
    mapper.reset(np.array(start, dtype=float))
    command, path = Command(np.array(start, dtype=float), np.zeros(len(start))), []
    reset.begin(None)
    for _ in range(most):
        measured = Measurement(
            1.0, command.position, command.velocity if velocity is None else velocity
        )
        action = reset.act(measured, NOWHERE)
        if action is None:
            return np.array(path)
        assert (np.abs(action) <= 1.0).all()
        command = mapper.command(action)
        path.append([command.position, command.velocity])
    raise AssertionError("it never ended")


@pytest.mark.parametrize("dead_zone", [0.0, 0.2])
def test_it_goes_straight_to_the_start_and_rests_there(dead_zone):
    spec = replace(SPEC, action=replace(SPEC.action, dead_zone=dead_zone, smoothing_hz=1.8))
    mapper = ActionMapper(spec)
    path = drive(MotionReset(spec, mapper, lambda: np.array([0.5, 1.0])), mapper, [-1.0, 0.4])
    # 1.5 rad and 0.6 rad away; joints span 4 rad, of which 1 % is near enough.
    np.testing.assert_allclose(path[-1, 0], [0.5, 1.0], atol=0.04)
    assert np.abs(path[-1, 1]).max() <= 0.1
    # Both joints are as far on their way at any time: 0.6 / 1.5.
    done = (path[:, 0] - [-1.0, 0.4]) / [1.5, 0.6]
    np.testing.assert_allclose(done[:, 0], done[:, 1], atol=0.02)
    # The fastest keeps the share of its top speed; a filter of 1.8 Hz overshoots by 0.4 %.
    assert np.abs(path[:, 1]).max() <= SPEED_SHARE * 1.0 * 1.01
    # 1.5 rad at 0.3 rad/s, and the end of it more slowly.
    assert 5.0 <= len(path) / spec.policy_hz <= 8.0


def test_where_the_robot_rests_at_its_start_already_it_is_over_at_once():
    mapper = ActionMapper(SPEC)
    path = drive(MotionReset(SPEC, mapper, lambda: np.array([0.5, 1.0])), mapper, [0.5, 1.0])
    # A quarter of a second of rest, the fifth reading ends it.
    assert len(path) == 4


def test_a_joint_without_motor_must_have_come_to_rest_as_well():
    mapper = ActionMapper(SPEC)
    reset = MotionReset(SPEC, mapper, lambda: np.array([0.5, 1.0]))
    path = drive(reset, mapper, [0.5, 1.0], velocity=np.array([0.0, 0.2]))
    assert reset.num_timeouts == 1 and len(path) == round(TIMEOUT_S * SPEC.policy_hz)


def test_what_is_held_back_is_given_up_in_the_end():
    mapper, num_acts = ActionMapper(SPEC), 0
    reset = MotionReset(SPEC, mapper, lambda: np.array([0.5, 1.0]))
    mapper.reset(np.zeros(2))
    held = Command(np.zeros(2), np.zeros(2))
    reset.begin(None)
    while (action := reset.act(reading([0.0, 0.0]), NOWHERE)) is not None:
        mapper.command(action, held)
        num_acts += 1
    assert num_acts == round(TIMEOUT_S * SPEC.policy_hz)
    assert reset.num_timeouts == 1


def test_each_reset_draws_one_position_and_a_pause_draws_none():
    drawn = []

    def draw():
        drawn.append(np.array([0.1 * len(drawn), 1.0]))
        return drawn[-1]

    mapper = ActionMapper(SPEC)
    reset = MotionReset(SPEC, mapper, draw)
    for _ in range(50):
        reset.begin(None)
    assert drawn == []
    for start in ([0.5, 1.0], [0.0, 1.0]):
        drive(reset, mapper, start)
    assert len(drawn) == 2


def test_legs_go_home_and_to_any_offset_that_they_can_command():
    go1 = load_robot("go1")
    mapper = make_mapper(go1)
    target = go1.home + 0.5 * np.array(go1.action.offset)
    path = drive(MotionReset(go1, mapper, lambda: target), mapper, go1.home)
    np.testing.assert_allclose(path[-1, 0], target, atol=0.03)
    assert drive(MotionReset(go1, mapper, lambda: go1.home), mapper, target)[-1, 0] == (
        pytest.approx(go1.home, abs=0.03)
    )
