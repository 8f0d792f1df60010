"""Who moves the gate from state to state. The rail: a 10 (0.1 a tick), brake 20 (0.2 a tick)."""

import numpy as np
import pytest
from rail_rig import cause, count, run_at, stand_armed
from safety_rig import Rig, rail

from rl_agent.spec import StopMode
from rl_agent.types import Reason, SafetyState, Source

UNARMED, ARMED = SafetyState.UNARMED, SafetyState.ARMED
HOLD, STOPPED = SafetyState.HOLD, SafetyState.STOPPED


@pytest.fixture
def rig():
    return Rig(rail())


def refusal(answer):
    is_granted, words = answer
    assert not is_granted
    return words


# Measurements and proposals


def test_stamps_may_begin_anew_only_while_nothing_is_commanded(rig):
    rig.measure(stamp_s=1000.0)
    rig.clock.advance(0.01)
    rig.measure(stamp_s=5.0)
    assert count(rig, "measurement_restarts") == 1
    assert rig.gate.arm()[0]
    rig.clock.advance(0.01)
    rig.measure(stamp_s=4.0)
    assert count(rig, "measurement_restarts") == 1
    assert count(rig, "measurements_not_newer") == 1
    rig.gate.estop("button")
    rig.measure(stamp_s=4.0)
    assert count(rig, "measurement_restarts") == 2


def test_what_is_well_is_not_counted(rig):
    rig.measure()
    assert "" not in rig.gate.diagnostics()


def test_proposals_of_before_a_restart_shut_out_none_after_it(rig):
    rig.measure(stamp_s=1000.0)
    assert rig.propose(stamp_s=1000.0) is Reason.NONE
    rig.clock.advance(0.01)
    rig.measure(stamp_s=5.0)
    assert rig.propose(stamp_s=5.0) is Reason.NONE
    assert count(rig, "proposals_accepted") == 2


def test_a_bad_measurement_drops_no_proposal(rig):
    stand_armed(rig)
    rig.propose(0.0)
    rig.measure(position=np.array([np.nan]))
    assert rig.tick().source is Source.POLICY


@pytest.mark.parametrize("position", [np.nan, 1e300])
def test_a_proposal_that_is_no_number_latches_at_once(rig, position):
    stand_armed(rig)
    refused = rig.propose(position)
    is_number = position == 1e300
    assert refused is (Reason.BAD_PROPOSAL if is_number else Reason.NON_FINITE)
    assert count(rig, f"proposals_refused_{refused.name.lower()}") == 1
    assert count(rig, "proposals_accepted") == 1
    assert rig.gate.state is (ARMED if is_number else STOPPED)
    assert cause(rig) == ("armed" if is_number else "policy proposed a number that is not finite")


def test_a_source_that_sends_nothing_sensible_latches_and_an_old_proposal_does_not(rig):
    stand_armed(rig)
    for _ in range(9):
        assert rig.propose(stamp_s=1.0) is Reason.STALE_PROPOSAL
    assert rig.gate.state is ARMED
    for _ in range(5):
        assert rig.gate.state is ARMED
        rig.propose(1e300)
    assert rig.gate.state is STOPPED
    assert cause(rig) == "policy keeps sending malformed proposals"


def test_nothing_latches_what_is_not_armed(rig):
    rig.measure()
    rig.propose(np.nan)
    assert rig.gate.state is UNARMED
    assert rig.gate.reasons_latched is Reason.NONE
    assert cause(rig) == "not armed yet"


def test_a_refusal_is_told_once_beside_what_is_latched(rig):
    stand_armed(rig)
    rig.gate.estop("button")
    rig.propose(stamp_s=1.0)
    assert rig.tick().reasons == Reason.ESTOP | Reason.STALE_PROPOSAL
    assert rig.tick().reasons == Reason.ESTOP


# Arm, disarm, stop, reset


def test_arming_is_granted_and_told(rig):
    assert "no measurement" in refusal(rig.gate.arm())
    rig.measure(position=np.array([0.3]))
    assert rig.gate.arm() == (True, "armed")
    assert (rig.gate.state, cause(rig), rig.gate.mode) == (ARMED, "armed", "run")
    assert count(rig, "became_armed") == 1
    assert count(rig, "requests_refused") == 1
    # Again is no mistake, and begins nothing anew.
    assert rig.gate.arm() == (True, "already armed")
    rig.measure(position=np.array([0.31]))
    rig.gate.arm()
    assert rig.gate.tick().command.position == pytest.approx([0.3])
    assert rig.gate.state is HOLD
    assert rig.gate.arm() == (True, "already armed")


def test_only_commands_that_move_are_moving(rig):
    assert not rig.gate.is_moving
    stand_armed(rig)
    assert not rig.gate.is_moving
    rig.propose(0.9)
    rig.tick()
    assert rig.gate.is_moving
    rig.gate.estop("button")
    rig.tick()
    assert not rig.gate.is_moving


@pytest.mark.parametrize(
    ("share", "is_allowed"),
    [(0.0099, False), (0.01, True), (1.0, True), (1.01, False), (-1.0, False), (np.nan, False)],
)
def test_a_share_of_the_speed_is_from_a_hundredth_to_all(rig, share, is_allowed):
    if is_allowed:
        rig.gate.set_speed_scale(share)
        assert rig.gate.speed_scale == count(rig, "speed_scale") == share
    else:
        with pytest.raises(ValueError, match=r"expected a share from 0\.01 to 1, got"):
            rig.gate.set_speed_scale(share)


def test_disarming_a_stopped_gate_adds_no_reason(rig):
    stand_armed(rig)
    rig.gate.estop("button")
    rig.gate.disarm()
    assert rig.gate.reasons_latched is Reason.ESTOP
    assert cause(rig) == "e-stop: button"
    assert rig.tick(3).state is STOPPED


def test_disarming_an_unarmed_gate_is_nothing(rig):
    rig.gate.disarm()
    assert (rig.gate.state, rig.gate.reasons_latched) == (UNARMED, Reason.NONE)
    assert cause(rig) == "not armed yet"


def test_disarming_brakes_first(rig):
    run_at(rig, 0.5)
    rig.gate.disarm()
    assert (rig.gate.state, rig.gate.reasons_latched) == (STOPPED, Reason.OPERATOR)
    assert cause(rig) == "disarmed by the operator, braking"
    assert "still braking after disarm" in refusal(rig.gate.arm())
    found = [(rig.tick().state, rig.outputs[-1].command.velocity[0]) for _ in range(3)]
    # What stands at the third tick is unarmed from then on.
    assert [state for state, _ in found] == [STOPPED] * 3
    assert [speed for _, speed in found] == pytest.approx([0.3, 0.1, 0.0])
    assert rig.gate.state is UNARMED
    assert cause(rig) == "disarmed by the operator"
    output = rig.tick()
    assert (output.command, output.state, output.reasons) == (None, UNARMED, Reason.NONE)


def test_at_rest_disarming_takes_effect_at_once_from_hold_too(rig):
    stand_armed(rig)
    rig.gate.disarm()
    assert rig.gate.state is UNARMED
    rig.arm()
    assert rig.tick().state is HOLD
    rig.gate.disarm()
    assert rig.gate.state is UNARMED


def test_where_servos_are_let_go_disarming_waits_for_them():
    rig = Rig(rail(stop_mode=StopMode.DAMP))
    stand_armed(rig)
    rig.gate.disarm()
    for _ in range(30):
        assert rig.gate.state is STOPPED
        assert rig.gate.mode == "run"
        rig.tick()
    # 0.3 s at 100 Hz.
    assert (rig.gate.state, rig.gate.mode) == (UNARMED, "damp")
    assert rig.outputs[-1].command is None
    assert rig.outputs[-2].command is not None


def test_the_first_of_two_stops_is_the_cause_and_both_are_latched(rig):
    stand_armed(rig)
    rig.gate.estop("a")
    rig.gate.estop("b")
    assert cause(rig) == "e-stop: a"
    rig.propose(np.nan)
    assert rig.gate.reasons_latched == Reason.ESTOP | Reason.NON_FINITE
    assert "not finite" in cause(rig)
    assert count(rig, "became_stopped") == 1


def test_a_stopped_gate_says_what_to_do(rig):
    stand_armed(rig)
    rig.propose(np.nan)
    words = refusal(rig.gate.arm())
    assert words.startswith("refused: stopped (") and words.endswith("); call reset first")
    rig.gate.estop("a")
    assert refusal(rig.gate.arm()) == "refused: e-stop is latched; call reset first"
    assert rig.gate.state is STOPPED


def test_buttons_stop_and_must_be_released(rig):
    stand_armed(rig)
    rig.gate.press_estop("b", is_pressed=False)
    assert rig.gate.state is ARMED
    rig.gate.press_estop("b", is_pressed=True)
    rig.gate.press_estop("a", is_pressed=True)
    assert (rig.gate.state, cause(rig)) == (STOPPED, "e-stop: b pressed")
    assert refusal(rig.gate.reset()) == "refused: a, b is still pressed; release it first"
    rig.gate.press_estop("a", is_pressed=False)
    assert refusal(rig.gate.reset()) == "refused: b is still pressed; release it first"
    rig.gate.press_estop("b", is_pressed=True)
    rig.gate.press_estop("b", is_pressed=False)
    assert rig.gate.reset() == (True, "reset; call arm to go on")
    assert (rig.gate.state, rig.gate.reasons_latched) == (UNARMED, Reason.NONE)
    assert cause(rig) == "reset, not armed"
    assert rig.gate.reset() == (True, "nothing to reset")
    assert cause(rig) == "reset, not armed"


def test_what_is_armed_or_holds_is_not_reset(rig):
    nothing = "refused: the gate is armed; there is nothing to reset"
    stand_armed(rig)
    assert refusal(rig.gate.reset()) == nothing
    assert rig.tick().command is not None
    rig.tick(13)
    assert rig.gate.state is HOLD
    assert refusal(rig.gate.reset()) == nothing
    assert rig.gate.state is HOLD
    assert rig.tick().command is not None


def test_no_reset_while_it_brakes_or_nobody_knows(rig):
    run_at(rig, 0.5)
    rig.gate.estop("button")
    rig.tick()
    assert refusal(rig.gate.reset()) == "refused: the robot is still braking"
    rig.tick(5)
    rig.clock.advance(0.05)
    assert "50 ms old" in refusal(rig.gate.reset())
    rig.measure()
    assert rig.gate.reset()[0]
