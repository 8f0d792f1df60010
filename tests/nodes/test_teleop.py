"""The joystick's core without ROS: against the gate itself, so101, 20 Hz proposals, T = 10 ms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safety_rig import Rig, check_within_limits, so101

from rl_agent.types import Command, Reason, SafetyState, Source
from surefoot_nodes.teleop import SILENCE_S, Teleop

BUTTON = 2
HELD, FREE = [0, 0, 1], [0, 0, 0]
REST = Command(np.zeros(6), np.zeros(6))


def make(spec=None, speed=1.0):
    return Teleop(spec or so101(), deadman_button=BUTTON, speed=speed)


def test_without_the_button_nothing_is_proposed():
    teleop = make()
    assert teleop.propose(0.0, REST) is None
    teleop.hear([1.0, 1.0, 1.0, 1.0], FREE, 0.0)
    assert teleop.propose(0.0, REST) is None
    teleop.hear([1.0], [], 0.0)
    assert teleop.propose(0.0, REST) is None


def test_a_stick_moves_its_joint_and_no_other():
    teleop = make()
    applied = REST
    for n in range(11):
        teleop.hear([0.0, -1.0, 0.0, 0.0], HELD, 0.05 * n)
        applied = teleop.propose(0.05 * n, applied)
    assert applied.velocity[1] == pytest.approx(-2.5, abs=0.1)
    np.testing.assert_array_equal(np.delete(applied.velocity, 1), np.zeros(5))


def test_the_speed_is_the_share_that_was_asked_for():
    teleop = make(speed=0.4)
    applied = REST
    for n in range(40):
        teleop.hear([0.5, 0.0, 0.0, 0.0], HELD, 0.05 * n)
        applied = teleop.propose(0.05 * n, applied)
    assert applied.velocity[0] == pytest.approx(0.5 * 0.4 * 2.5, abs=0.02)


def test_release_proposes_rest_once_and_then_nothing():
    teleop = make()
    teleop.hear([1.0], HELD, 0.0)
    assert teleop.propose(0.0, REST) is not None
    teleop.hear([1.0], FREE, 0.05)
    assert teleop.wants_rest(0.05)
    moving = Command(np.full(6, 0.1), np.full(6, 1.2))
    rest = teleop.propose(0.05, moving)
    np.testing.assert_array_equal(rest.velocity, np.zeros(6))
    # 1.2^2 / (2 * 12) = 0.06 rad to stand.
    assert rest.position == pytest.approx(np.full(6, 0.16))
    assert not teleop.wants_rest(0.1)
    assert teleop.propose(0.1, moving) is None


def test_a_joystick_that_falls_silent_counts_as_released():
    teleop = make()
    teleop.hear([1.0], HELD, 0.0)
    teleop.propose(0.0, REST)
    assert not teleop.wants_rest(SILENCE_S)
    assert teleop.wants_rest(SILENCE_S + 1e-6)
    assert SILENCE_S + 0.02 <= 0.1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_let_go(bad):
    teleop = make()
    teleop.hear([bad, 0.0], HELD, 0.0)
    assert teleop.propose(0.0, REST) is None


def hold_two_sources(rig, teleop, engaged, ticks):
    """The policy runs at full speed all the time; the human's button follows `engaged`."""
    for n in range(ticks):
        if n % 5 == 0:
            rig.propose(rig.position + np.array([0.1, 0.1, 0.1, 0.1, 0, 0]), rig.policy_velocity)
            teleop.hear([-1.0, 1.0, -0.5, 0.0], HELD if engaged else FREE, rig.clock.now())
            applied = Command(rig.position.copy(), rig.velocity.copy())
            command = teleop.propose(rig.clock.now(), applied)
            if command is not None:
                refused = rig.propose(command=command, source=Source.HUMAN)
                assert refused is Reason.NONE
        rig.tick()


@settings(max_examples=20, deadline=None)
@given(switches=st.lists(st.integers(4, 40), min_size=2, max_size=8))
def test_takeover_and_hand_back_keep_the_acceleration_limit(switches):
    """FAULTS 27: the second difference of the command stays within a_max T^2 on every joint."""
    rig = Rig(so101())
    rig.policy_velocity = np.array([2.0, 1.5, 1.5, 1.5, 0.0, 0.0])
    rig.arm()
    teleop = make(rig.spec)
    for index, ticks in enumerate(switches):
        hold_two_sources(rig, teleop, engaged=index % 2 == 1, ticks=ticks)
    assert all(output.state is not SafetyState.STOPPED for output in rig.outputs)
    armed = [output for output in rig.outputs if output.command is not None]
    positions = np.array([output.command.position for output in armed])
    velocities = np.array([output.command.velocity for output in armed])
    check_within_limits(rig.spec, positions, velocities, start=rig.spec.home, brakes=True)
    if all(output.state is SafetyState.ARMED for output in armed):
        second = np.diff(np.concatenate([rig.spec.home[None], positions]), n=2, axis=0)
        assert np.abs(second).max() <= 12.0 * 0.01**2 + 1e-9


def test_a_takeover_at_high_speed_is_followed_and_handed_back():
    rig = Rig(so101())
    rig.policy_velocity = np.array([2.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    rig.arm()
    teleop = make(rig.spec)
    hold_two_sources(rig, teleop, engaged=False, ticks=35)
    assert rig.velocity[0] >= 1.5
    hold_two_sources(rig, teleop, engaged=True, ticks=60)
    assert rig.outputs[-1].source is Source.HUMAN
    assert rig.velocity[0] < 0.0
    hold_two_sources(rig, teleop, engaged=False, ticks=60)
    assert rig.outputs[-1].source is Source.POLICY
    assert all(output.state is SafetyState.ARMED for output in rig.outputs)
