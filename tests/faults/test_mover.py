import numpy as np
import pytest

from rl_agent.robots.profile import load_robot
from surefoot_nodes.faults.mover import FREQUENCY_HZ, Weave

SPECS = [load_robot(name) for name in ("so101", "cartpole")]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_it_begins_where_the_robot_stands_and_weaves_about_home(spec):
    weave = Weave(spec)
    start = np.array(spec.home)[list(spec.command_index)] + 0.1
    weave.begin(start, 5.0)
    np.testing.assert_allclose(weave.command(5.0).position, start)
    whole = weave.command(5.0 + 20.0 / FREQUENCY_HZ)
    np.testing.assert_allclose(whole.position, start - 0.1, atol=1e-6)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_it_stays_within_the_limits_at_half_the_speed(spec):
    weave = Weave(spec)
    commands = [weave.command(t) for t in np.arange(0.0, 5.0, 0.01)]
    joint = spec.command_joints[0]
    position = np.array([c.position[0] for c in commands])
    velocity = np.array([c.velocity[0] for c in commands])
    assert joint.lower < position.min() and position.max() < joint.upper
    assert np.abs(velocity).max() == pytest.approx(0.5 * joint.max_velocity, rel=1e-3)


def test_velocity_is_the_slope_of_the_position():
    weave = Weave(SPECS[0])
    weave.begin(np.array(SPECS[0].home)[list(SPECS[0].command_index)] + 0.2, 0.0)
    slope = (weave.command(0.301).position - weave.command(0.299).position) / 0.002
    np.testing.assert_allclose(weave.command(0.3).velocity, slope, atol=1e-4)
