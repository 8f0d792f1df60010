import numpy as np
import pytest
from bench.adversary import EXCESS, PATTERN_S, Adversary

from rl_agent.robots.profile import load_robot

SPEC = load_robot("so101")
MAX_VELOCITY = np.array([joint.max_velocity for joint in SPEC.command_joints])


def make():
    return Adversary(SPEC, np.random.default_rng(0))


@pytest.mark.parametrize("number", range(len(make().patterns)))
def test_every_pattern_is_well_formed_and_finite(number):
    adversary = make()
    for time_s in np.arange(0.0, PATTERN_S, 0.02):
        command = adversary.patterns[number](time_s)
        for values in (command.position, command.velocity):
            assert values.shape == (6,)
            assert np.isfinite(values).all()


def test_every_pattern_gets_its_turn():
    adversary = make()
    adversary.patterns = tuple(
        lambda time_s, number=number: number for number in range(len(adversary.patterns))
    )
    seen = [adversary.command(PATTERN_S * (turn + 0.5)) for turn in range(7)]
    assert seen == [0, 1, 2, 3, 4, 5, 0]


def test_uniform_reaches_far_beyond_the_limits():
    adversary = make()
    speeds = np.array([adversary.uniform(0.0).velocity for _ in range(200)])
    assert (np.abs(speeds).max(axis=0) > 0.9 * EXCESS * MAX_VELOCITY).all()
    assert (np.abs(speeds).max(axis=0) <= EXCESS * MAX_VELOCITY).all()


def test_steps_go_from_end_stop_to_end_stop():
    adversary = make()
    one, other = adversary.steps(0.1).position, adversary.steps(0.4).position
    assert one == pytest.approx([joint.lower for joint in SPEC.command_joints])
    assert other == pytest.approx([joint.upper for joint in SPEC.command_joints])
