"""Efforts by hand: 2 kg m2 on either joint, and 3 N m on the first."""

import numpy as np
from planar_robot import PlanarDynamics, planar_spec

from rl_agent.safety.effort_limit import PowerLimit
from rl_agent.safety.limit import LimitState


def test_without_a_largest_power_every_power_is_allowed():
    limit = PowerLimit(planar_spec(), 0.01, PlanarDynamics())
    rows = limit.rows(LimitState(np.zeros(2), np.array([0.1, 0.1]), np.array([0.08, 0.08])))
    # 2 kg m2 * 2 rad/s2, and what the first joint bears.
    np.testing.assert_allclose(rows.matrix, [[7.0, 4.0]])
    assert rows.bound.dtype == np.float64
    np.testing.assert_array_equal(rows.bound, [np.inf])
