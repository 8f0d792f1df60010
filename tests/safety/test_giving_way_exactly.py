"""Giving way by hand. T = 10 ms; v_max 1, a 10: at a tenth of the speed 1 mm (mrad) per tick."""

import json

import numpy as np
import pytest
from monitor_rig import axis, robot

from rl_agent.safety.giving_way import GivingWay
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.spec import SafetySpec
from rl_agent.types import Command


def giving_way(start=0.2, *, gives_way=True):
    """One whose command stands at `start`, and its filter."""
    spec = robot(axis("a"), safety=SafetySpec(gives_way=gives_way))
    safety_filter = SafetyFilter(spec)
    safety_filter.reset(np.array([start]))
    return GivingWay(spec, safety_filter), safety_filter


def test_who_was_not_asked_to_gives_no_way():
    way, safety_filter = giving_way(gives_way=False)
    assert way.step(np.array([0.5]), 1) is None
    assert safety_filter.position == pytest.approx([0.2])


def test_the_command_goes_where_the_robot_stands_at_a_tenth_of_the_speed_and_stays():
    way, safety_filter = giving_way()
    measured = np.array([0.3])
    speeds = [way.step(measured, tick).command.velocity[0] for tick in range(1, 141)]
    assert max(speeds) == pytest.approx(0.1)
    # 0.1 rad at 0.1 rad/s: a second, and a few ticks for its ends.
    assert safety_filter.position == pytest.approx([0.3], abs=1e-6)
    assert not np.any(speeds[120:])
    assert np.all(np.array(speeds) >= 0.0)  # no swing back


def test_the_brake_comes_first():
    way, safety_filter = giving_way()
    safety_filter.step(Command(np.array([0.201]), np.array([0.1])))
    assert not safety_filter.is_at_rest
    assert way.step(np.array([0.5]), 1) is None
    while not safety_filter.is_at_rest:
        safety_filter.brake()
    assert way.step(np.array([0.5]), 2).command.velocity[0] > 0.0
    # From then on its own motion is no reason to wait.
    assert not safety_filter.is_at_rest
    assert way.step(np.array([0.5]), 3) is not None


def test_the_place_is_that_of_the_beginning_whatever_is_read_later():
    way, safety_filter = giving_way()
    for tick in range(1, 300):
        way.step(np.array([0.25 + 0.01 * tick]), tick)
    # 0.26 was read at first.
    assert safety_filter.position == pytest.approx([0.26], abs=1e-6)


def test_after_a_gap_another_hold_has_begun():
    way, safety_filter = giving_way()
    for tick in range(1, 100):
        way.step(np.array([0.21]), tick)
    assert safety_filter.position == pytest.approx([0.21], abs=1e-6)
    for tick in range(101, 200):  # tick 100 was somebody else's
        way.step(np.array([0.22]), tick)
    assert safety_filter.position == pytest.approx([0.22], abs=1e-6)


def test_a_hold_that_begins_anew_waits_for_the_brake_again():
    way, safety_filter = giving_way()
    for tick in range(1, 20):
        way.step(np.array([0.3]), tick)
    assert not safety_filter.is_at_rest
    assert way.step(np.array([0.3]), 21) is None


def test_state_goes_through_json_and_goes_on_alike():
    (one, first), (other, second) = giving_way(), giving_way()
    for tick in range(1, 30):
        one.step(np.array([0.3]), tick)
    state = one.get_state()
    assert json.loads(json.dumps({**state, "target": state["target"].tolist()}))["tick"] == 29
    other.set_state(state)
    second.set_state(first.get_state())
    for tick in range(30, 60):
        # What is read now does not matter: the place is in the state.
        found = other.step(np.array([0.9]), tick).command.position
        np.testing.assert_array_equal(found, one.step(np.array([0.3]), tick).command.position)


def test_the_first_tick_of_all_is_a_beginning_too():
    way, safety_filter = giving_way()
    for tick in range(150):  # from tick 0
        way.step(np.array([0.3]), tick)
    assert safety_filter.position == pytest.approx([0.3], abs=1e-6)
