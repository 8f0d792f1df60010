import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.planning.damped_least_squares import DampedLeastSquares
from rl_agent.types import Measurement


def test_it_brings_the_tool_to_the_goal():
    kinematics = PlanarKinematics()
    controller = DampedLeastSquares(planar_spec(), kinematics)
    goal, position = kinematics.tool_position(np.array([0.2, 1.3])), np.array([0.5, 0.8])
    for _ in range(200):
        action = controller.act(Measurement(0.0, position, np.zeros(2)), goal)
        position = position + 0.05 * action * 1.0
    # Damping leaks a little of the centring into the tool's place.
    assert kinematics.tool_position(position) == pytest.approx(goal, abs=3e-3)


def test_a_far_goal_saturates_without_turning_the_motion():
    kinematics = PlanarKinematics()
    controller = DampedLeastSquares(planar_spec(), kinematics)
    measurement = Measurement(0.0, np.array([0.5, 0.8]), np.zeros(2))
    tool = kinematics.tool_position(measurement.position)
    far = controller.act(measurement, tool + np.array([5.0, 0.0, 0.0]))
    assert np.abs(far).max() == pytest.approx(1.0)
    moved = kinematics.tool_jacobian(measurement.position) @ far
    assert moved[0] > 0.0
    assert abs(moved[1]) < 0.3 * moved[0]
