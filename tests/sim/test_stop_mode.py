"""What the twin's servos do on stop_mode. so101, horizontal forearm: gravity pulls it down."""

import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from rl_agent.types import Command
from sim.twin import Twin


@pytest.fixture
def twin():
    twin = Twin(load_robot("so101"))
    twin.reset()
    twin.step(200)
    return twin


def drop(twin, mode, steps=100):
    """Return how far the arm sank within the steps, over all joints [rad]."""
    before = twin.measure().position.copy()
    twin.set_mode(mode)
    twin.step(steps)
    return np.abs(twin.measure().position - before).max()


def test_run_and_hold_keep_the_pose(twin):
    assert drop(twin, "hold") < 1e-3
    assert drop(twin, "run") < 1e-3
    assert twin.is_held


def test_torque_off_lets_the_arm_fall_and_damp_lets_it_sink(twin):
    state = twin.get_state()
    fallen = drop(twin, "torque_off")
    assert not twin.measure().effort.any()
    twin.set_state(state)
    sunk = drop(twin, "damp")
    assert 0.01 < sunk < 0.5 * fallen


def test_run_takes_the_arm_up_where_it_is(twin):
    drop(twin, "torque_off", 60)
    twin.apply(Command(twin.spec.home, np.zeros(6)))
    twin.set_mode("run")
    position = twin.measure().position
    twin.step(300)
    # It was falling; the servos catch it there, and do not throw it back home.
    assert np.abs(twin.measure().position - position).max() < 0.3
    assert np.abs(twin.measure().velocity).max() < 0.05


def test_the_mode_is_part_of_the_state(twin):
    twin.set_mode("damp")
    state = twin.get_state()
    twin.step(50)
    first = twin.measure().position.copy()
    other = Twin(twin.spec)
    other.set_state(state)
    other.step(50)
    np.testing.assert_array_equal(other.measure().position, first)
    twin.reset()
    assert twin.is_held


def test_efforts_are_measured(twin):
    assert np.abs(twin.measure().effort).max() > 0.05
