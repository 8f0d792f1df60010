import numpy as np
import pytest
from bench.handover import LEAST_SHARE, Handover, Passing, Swing

from rl_agent.robots.profile import load_robot
from rl_agent.types import Command, GateOutput, Reason, SafetyState

SPEC = load_robot("so101")


def test_a_swing_keeps_all_limits_and_is_fast_on_every_joint():
    swing = Swing(SPEC, np.random.default_rng(0))
    times = np.arange(0.0, 20.0, 0.01)
    commands = [swing.command(t) for t in times]
    positions = np.array([c.position for c in commands])
    speeds = np.abs([c.velocity for c in commands])
    joints = SPEC.command_joints
    assert (positions >= [j.lower + j.margin for j in joints]).all()
    assert (positions <= [j.upper - j.margin for j in joints]).all()
    most = np.array([j.max_velocity for j in joints])
    assert (speeds <= most).all()
    assert ((speeds / most).min(axis=1)).max() >= LEAST_SHARE + 0.1
    assert np.abs(np.diff(positions, n=2, axis=0)).max() <= 12.0 * 0.01**2


def passing(positions, state=SafetyState.ARMED):
    seen = Passing(SPEC)
    for tick, position in enumerate(positions):
        command = Command(np.full(6, position), np.zeros(6))
        seen.note(GateOutput(tick, state, command, None, Reason.NONE, {}, 0.0))
    return seen


def test_differences_are_shares_of_what_is_allowed():
    # v_max T = 0.03, a T² = 0.0012, b T² = 0.002.
    assert passing([0.0, 0.03, 0.045]).step_share() == pytest.approx(1.0)
    assert passing([0.0, 0.0, 0.0006]).bend_share(braking=False) == pytest.approx(0.5)
    held = passing([0.0, 0.0, 0.001], SafetyState.HOLD)
    assert held.bend_share(braking=True) == pytest.approx(0.5)
    assert held.bend_share(braking=False) == 0.0


@pytest.mark.parametrize("through_hold", [False, True])
def test_the_source_changes_at_speed(through_hold):
    seen = Handover(SPEC, 0, through_hold=through_hold).run(4)
    assert seen.num_passings == 4
    assert seen.least_share >= LEAST_SHARE
    assert any(seen.is_braking) == through_hold
    assert len(seen.positions) > 200
