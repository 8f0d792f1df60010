"""Arm, disarm, e-stop and reset: who may, when not, and what moves."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import Rig, check_within_limits, rail, so101

from rl_agent.types import Reason, SafetyState


@pytest.fixture
def rig():
    return Rig(so101())


def words(rig):
    return str(rig.gate.diagnostics()["cause"])


def test_unarmed_nothing_is_commanded(rig):
    rig.measure()
    rig.propose(velocity=1.0)
    output = rig.tick(10)
    assert [o.command for o in rig.outputs] == [None] * 10
    assert output.state is SafetyState.UNARMED
    assert output.source is None


def test_arming_moves_nothing(rig):
    start = rig.position.copy()
    rig.arm()
    output = rig.tick(20)
    np.testing.assert_array_equal(output.command.position, start)
    assert not output.command.velocity.any()
    assert output.state is SafetyState.HOLD
    assert output.reasons == Reason.STALE_PROPOSAL
    assert words(rig) == "holding: waiting for the first proposal"


def test_waiting_for_the_first_proposal_is_never_silence(rig):
    rig.arm()
    assert rig.tick(100).state is SafetyState.HOLD


def test_the_first_proposal_after_arming_is_followed(rig):
    rig.arm()
    rig.tick(3)
    output = rig.follow(rig.position + 0.01)
    assert output.state is SafetyState.ARMED
    assert (output.command.velocity >= 0.0).all()
    assert output.command.position == pytest.approx(rig.spec.home + 0.01, abs=2e-3)


def test_proposals_from_before_arming_are_dropped(rig):
    rig.measure()
    rig.propose(velocity=1.0)
    rig.gate.arm()
    assert rig.tick().state is SafetyState.HOLD


def refusal(rig):
    is_armed, sentence = rig.gate.arm()
    assert not is_armed
    assert rig.gate.state is not SafetyState.ARMED
    return sentence


def test_arming_is_refused_in_words(rig):
    assert refusal(rig).startswith("refused: no measurement has arrived")
    rig.measure()
    rig.clock.advance(0.05)
    assert "the last measurement is 50 ms old, at most 20 ms" in refusal(rig)
    rig.velocity[0] = 0.3
    rig.measure()
    assert refusal(rig) == (
        "refused: shoulder_pan moves at 0.30 rad/s; wait until the robot stands"
    )
    rig.velocity[0] = 0.0
    rig.position[2] = 1.8
    rig.clock.advance(0.01)
    rig.measure()
    assert "elbow_flex is at 1.800 rad, outside its limits -1.69 to 1.69" in refusal(rig)
    rig.gate.estop("button")
    assert refusal(rig) == "refused: e-stop is latched; call reset first"
    assert rig.gate.diagnostics()["requests_refused"] == 5


def test_slow_drift_of_the_encoders_does_not_keep_it_from_arming(rig):
    # Standing means at most 2 % of 2.5 rad/s: 0.05.
    rig.velocity[:] = 0.049
    rig.arm()
    assert rig.gate.state is SafetyState.ARMED


def test_a_passive_joint_may_move_while_arming():
    spec = so101()
    joints = (*spec.joints[:5], replace(spec.joints[5], is_actuated=False))
    rig = Rig(replace(spec, joints=joints))
    rig.velocity[5] = 3.0
    rig.arm()
    rig.follow(rig.position[:5])
    assert rig.outputs[-1].command.position.shape == (5,)


def test_outside_the_soft_limit_it_arms_and_moves_only_inwards():
    rig = Rig(rail())
    rig.position[0] = 1.05
    rig.arm()
    assert rig.follow(1.09, periods=4).command.position[0] == 1.05
    rig.follow(0.9, periods=10)
    positions = rig.commands()[0][:, 0]
    assert (np.diff(positions)[positions[:-1] > 1.0] <= 0.0).all()
    assert positions[-1] == pytest.approx(0.9)


def test_arming_twice_is_no_mistake(rig):
    rig.move()
    before = rig.outputs[-1].command
    assert rig.gate.arm() == (True, "already armed")
    assert rig.tick().command.velocity[0] == pytest.approx(before.velocity[0], abs=0.13)


def test_estop_brakes_at_the_next_tick_and_latches(rig):
    speed = rig.move()
    rig.gate.estop("button")
    # 20 rad/s2 take 0.2 rad/s per tick.
    output = rig.tick()
    assert output.command.velocity[0] == pytest.approx(speed - 0.2)
    assert output.state is SafetyState.STOPPED
    assert output.reasons == Reason.ESTOP
    assert output.source is None
    rig.follow(rig.position + 0.1, periods=10)
    stood = rig.outputs[-1]
    assert stood.state is SafetyState.STOPPED
    assert not stood.command.velocity.any()
    assert words(rig) == "e-stop: button"


def test_after_a_stop_the_pose_is_held_on(rig):
    rig.move()
    rig.gate.estop("button")
    rig.tick(10)
    resting = rig.outputs[-1].command.position
    np.testing.assert_array_equal(rig.tick(50).command.position, resting)


@pytest.mark.parametrize("prepare", ["unarmed", "armed", "hold", "stopped"])
def test_estop_works_in_every_state(rig, prepare):
    if prepare != "unarmed":
        rig.arm()
        rig.follow(rig.position)
    if prepare == "hold":
        rig.tick(20)
        assert rig.gate.state is SafetyState.HOLD
    if prepare == "stopped":
        rig.propose(np.nan)
    rig.gate.estop("topic")
    assert rig.gate.state is SafetyState.STOPPED
    assert rig.gate.reasons_latched & Reason.ESTOP
    assert not rig.gate.arm()[0]


def test_an_estop_while_unarmed_commands_nothing(rig):
    rig.measure()
    rig.gate.estop("button")
    assert rig.tick(5).command is None
    assert rig.gate.reset()[0]
    assert rig.gate.state is SafetyState.UNARMED


def test_reset_is_refused_while_the_robot_moves(rig):
    rig.move()
    rig.gate.estop("button")
    assert rig.gate.reset() == (False, "refused: the robot is still braking")
    rig.tick(10)
    rig.velocity[3] = 0.2
    rig.clock.advance(0.001)
    rig.measure()
    assert "wrist_flex moves at 0.20 rad/s" in rig.gate.reset()[1]
    rig.velocity[3] = 0.0
    rig.clock.advance(0.05)
    assert "the last measurement is 50 ms old" in rig.gate.reset()[1]
    assert rig.gate.state is SafetyState.STOPPED
    rig.measure()
    assert rig.gate.reset() == (True, "reset; call arm to go on")


def test_reset_does_not_arm(rig):
    rig.move()
    rig.gate.estop("button")
    rig.tick(20)
    assert rig.gate.reset()[0]
    assert rig.gate.state is SafetyState.UNARMED
    assert rig.gate.reasons_latched is Reason.NONE
    rig.propose(velocity=1.0)
    assert [rig.tick().command for _ in range(20)] == [None] * 20
    rig.arm()
    rig.tick()
    rig.follow(rig.position + 0.01)
    assert rig.gate.state is SafetyState.ARMED


def test_there_is_nothing_to_reset_while_armed(rig):
    rig.move()
    assert not rig.gate.reset()[0]
    assert rig.gate.state is SafetyState.ARMED


def test_disarm_brakes_and_then_commands_nothing(rig):
    speed = rig.move()
    rig.gate.disarm()
    ticks = int(np.ceil(speed / 0.2))
    rig.tick(ticks + 3)
    states = [output.state for output in rig.outputs[-ticks - 3 :]]
    assert states[:ticks] == [SafetyState.STOPPED] * ticks
    assert states[ticks:] == [SafetyState.UNARMED] * 3
    assert rig.outputs[-1].command is None
    rig.arm()


def test_disarming_at_rest_takes_effect_at_once(rig):
    rig.arm()
    rig.tick(2)
    rig.gate.disarm()
    assert rig.gate.state is SafetyState.UNARMED


def test_an_estop_during_disarming_latches(rig):
    rig.move()
    rig.gate.disarm()
    rig.tick()
    rig.gate.estop("button")
    assert rig.tick(30).state is SafetyState.STOPPED
    assert refusal(rig) == "refused: e-stop is latched; call reset first"


def test_disarm_does_not_clear_a_latched_stop(rig):
    rig.move()
    rig.gate.estop("button")
    rig.gate.disarm()
    assert rig.tick(30).state is SafetyState.STOPPED


def test_a_mistake_within_the_gate_brakes_and_latches(rig, monkeypatch):
    speed = rig.move()

    def fail(now_s):
        raise ZeroDivisionError(now_s)

    monkeypatch.setattr(rig.gate, "_run_tick", fail)
    output = rig.tick()
    assert output.state is SafetyState.STOPPED
    assert output.reasons == Reason.INTERNAL
    assert output.command.velocity[0] == pytest.approx(speed - 0.2)
    assert not rig.tick(10).command.velocity.any()
    assert words(rig).startswith("mistake within the gate: ZeroDivisionError")


def test_a_whole_session_keeps_the_limits(rig):
    rig.move()
    rig.gate.estop("button")
    rig.tick(30)
    positions, velocities = rig.commands()
    check_within_limits(rig.spec, positions, velocities, start=rig.spec.home, brakes=True)


def test_a_pressed_button_stops_once_and_keeps_from_resetting(rig):
    rig.move()
    rig.gate.press_estop("the joystick's button", is_pressed=True)
    assert rig.tick().reasons == Reason.ESTOP
    rig.gate.press_estop("the joystick's button", is_pressed=True)
    assert words(rig) == "e-stop: the joystick's button pressed"
    rig.tick(20)
    assert rig.gate.reset() == (
        False,
        "refused: the joystick's button is still pressed; release it first",
    )
    rig.gate.press_estop("the joystick's button", is_pressed=False)
    assert rig.gate.state is SafetyState.STOPPED
    assert rig.gate.reset()[0]


def test_every_pressed_button_must_be_released(rig):
    rig.measure()
    for name in ("a", "b"):
        rig.gate.press_estop(name, is_pressed=True)
    rig.gate.press_estop("a", is_pressed=False)
    assert "b is still pressed" in rig.gate.reset()[1]
    assert rig.gate.diagnostics()["became_stopped"] == 1


def test_a_button_that_was_never_pressed_can_be_released(rig):
    rig.move()
    rig.gate.press_estop("a", is_pressed=False)
    assert rig.tick().state is SafetyState.ARMED
