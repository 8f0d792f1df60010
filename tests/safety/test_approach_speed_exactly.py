"""How fast a distance may shrink, by hand: both joints slow by 10, of which half counts."""

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.safety.approach_speed import ApproachSpeed

SPEED = ApproachSpeed(planar_spec(), 0.01)


def test_a_distance_that_no_joint_changes_gets_a_number_too():
    # With 1e-6 m/s2 from 0.02 m: sqrt(4e4 + 1e-4) - 0.01 seconds of it. From 0.4 m along -1 and 1,
    # with 10 m/s2: sqrt(0.08 + 1e-4) - 0.01 seconds of it.
    found = SPEED.limit(np.array([0.02, 0.4]), np.array([[0.0, 0.0], [-1.0, 1.0]]))
    assert found == pytest.approx([199.99e-6, 2.7301943], rel=1e-6)


def test_a_row_bounds_the_speed_at_which_its_distance_shrinks():
    gradient = np.array([[0.3, -0.1]])
    rows = SPEED.rows(np.array([0.0]), gradient)
    np.testing.assert_array_equal(rows.matrix, -gradient)
    assert (rows.bound[0], rows.distance[0]) == (0.0, 0.0)
