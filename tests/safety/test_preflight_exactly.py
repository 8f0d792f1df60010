"""When the gate refuses to arm, at the edges. The rail: hard limits +-1.1 m, v_max 1 m/s."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import rail, velocity_rail

from rl_agent.safety import preflight
from rl_agent.spec import ControllerSpec, ControllerType, JointType
from rl_agent.types import Measurement


def at(position=0.0, velocity=0.0):
    return Measurement(1.0, np.array([position]), np.array([velocity]), 1.0)


@pytest.mark.parametrize("kind", list(ControllerType))
@pytest.mark.parametrize("timeout_ms", [None, 50.0])
def test_only_a_trajectory_controller_may_do_without_a_time_out(kind, timeout_ms):
    spec = rail(controller=ControllerSpec(type=kind, name="c", timeout_ms=timeout_ms))
    obstacle = preflight.controller_obstacle(spec)
    is_expected = kind is not ControllerType.JOINT_TRAJECTORY and timeout_ms is None
    assert (obstacle is not None) == is_expected
    if is_expected:
        assert "no time-out" in obstacle
        name = "velocity" if kind is ControllerType.FORWARD_VELOCITY else "position"
        assert f"the {name} controller c" in obstacle


@pytest.mark.parametrize(
    ("age_s", "is_old"),
    [(0.0, False), (0.02, False), (0.02 + 5e-10, False), (0.02 + 2e-9, True), (1.0, True)],
)
def test_a_measurement_of_just_the_limits_age_will_do(age_s, is_old):
    obstacle = preflight.data_obstacle(at(), age_s, 0.02)
    assert (obstacle is not None) == is_old


def test_the_age_is_told_in_milliseconds():
    words = preflight.data_obstacle(at(), 0.5, 0.02)
    assert "500 ms old, at most 20 ms" in words


def test_no_measurement_is_an_obstacle_of_its_own():
    assert "no measurement has arrived" in preflight.data_obstacle(None, 0.0, 0.02)


@pytest.mark.parametrize(
    ("speed", "moves"), [(0.0, False), (0.0199, False), (0.0201, True), (1.0, True)]
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_joint_stands_below_two_percent_of_its_speed(speed, moves, sign):
    obstacle = preflight.motion_obstacle(rail(), at(velocity=sign * speed))
    assert (obstacle is not None) == moves


@pytest.mark.parametrize(
    ("position", "is_out"),
    [(0.0, False), (1.1, False), (1.1009, False), (1.1011, True), (3.0, True)],
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_joint_may_rest_on_its_stop_and_no_further(position, is_out, sign):
    obstacle = preflight.range_obstacle(rail(), at(position=sign * position))
    assert (obstacle is not None) == is_out


def test_units_are_those_of_the_joint():
    assert preflight.range_obstacle(rail(), at(2.0)).startswith("rail is at 2.000 m,")
    assert "moves at 0.50 m/s" in preflight.motion_obstacle(rail(), at(velocity=0.5))
    turning = rail(joints=(replace(rail().joints[0], type=JointType.REVOLUTE),))
    assert "2.000 rad," in preflight.range_obstacle(turning, at(2.0))


def test_a_velocity_controller_that_stops_by_itself_is_none():
    assert preflight.controller_obstacle(velocity_rail(timeout_ms=50.0)) is None
