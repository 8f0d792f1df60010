"""The scaled velocity limit beside a jerk limit, by hand: J and T are 1, A is 4, V is 6."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import rail

from rl_agent.safety.limit import LimitState
from rl_agent.safety.velocity_limit import VelocityLimit


def fastest(scale, velocity, before, *jerks):
    """What is allowed to joints that differ in their jerk limit only."""
    spec = rail()
    joint = replace(spec.joints[0], max_velocity=6.0, max_acceleration=4.0, brake_deceleration=8.0)
    joints = tuple(
        replace(joint, name=f"rail_{index}", max_jerk=jerk) for index, jerk in enumerate(jerks)
    )
    names = tuple(joint.name for joint in joints)
    action = replace(spec.action, joints=names, max_speed=(1.0,) * len(names))
    spec = replace(spec, joints=joints, action=action)
    ones = np.ones(len(jerks))
    state = LimitState(0.0 * ones, velocity * ones, before * ones, scale)
    lower, upper = VelocityLimit(spec, 1.0).interval(state)
    np.testing.assert_array_equal(lower, -upper)
    return upper


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("velocity", "before", "expected"),
    [
        # Faster than 3, half of V: it may go on as it does, and one step of jerk more.
        (4, 4, 5),
        (4, 4.5, 4.5),
        (4, 3.5, 5.5),
        # ... but not beyond V.
        (5, 5, 6),
        (5.5, 5, 6),
        # As fast as 3, give or take rounding, and evenly: 3 it is.
        (3, 3, 3),
        (3 + 5e-10, 3 + 5e-10, 3),
        (3 + 2e-9, 3 + 2e-9, 4 + 2e-9),
        # Evenly is: by no more than one step of jerk per tick.
        (2.5, 1.5, 3),
        (2.5, 1.25, 4.75),
        (2.5, 3.5, 3),
    ],
)
def test_whoever_must_let_an_acceleration_fade_first_may_do_so(sign, velocity, before, expected):
    found = fastest(0.5, sign * velocity, sign * before, 1.0)
    assert found[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("velocity", "expected"), [(1.5, 2.5), (2.0, 3.0), (2.25, 2.25)])
def test_a_speed_of_a_few_steps_of_jerk_never_counts_as_even(velocity, expected):
    assert fastest(velocity / 6.0, velocity, velocity, 1.0) == pytest.approx(expected)


def test_joints_whose_jerk_limit_cannot_bind_slow_at_once():
    # 2 A in one tick is all that there is.
    found = fastest(0.5, 4.0, 4.0, 8.0, 1.0, np.inf)
    np.testing.assert_allclose(found, [3.0, 5.0, 3.0])
    # From 5.5, one tick of A leaves 1.5.
    assert fastest(0.1, 5.5, 5.5, np.inf) == pytest.approx(1.5)
