"""The gate tick by tick. The rail: v_max 1, a 10 (0.1 a tick), brake 20 (0.2 a tick), T = 10 ms."""

from dataclasses import replace

import numpy as np
import pytest
from rail_rig import cause, count, run_at, stand_armed
from safety_rig import Rig, rail, velocity_rail

from rl_agent.spec import ControllerType, StopMode
from rl_agent.types import Reason, SafetyState, Source

POSITION = replace(rail().controller, type=ControllerType.FORWARD_POSITION, timeout_ms=50.0)
UNARMED, ARMED = SafetyState.UNARMED, SafetyState.ARMED
HOLD, STOPPED = SafetyState.HOLD, SafetyState.STOPPED


@pytest.fixture
def rig():
    return Rig(rail())


def test_before_arming_nothing_is_commanded(rig):
    output = rig.tick(measure=False)
    assert (output.tick, output.state, output.command, output.source) == (1, UNARMED, None, None)
    assert (output.reasons, output.shares, output.stamp_s) == (Reason.NONE, {}, 0.0)
    assert rig.gate.mode == "hold"
    output = rig.tick()
    assert (output.tick, output.stamp_s) == (2, rig.clock.now())
    assert rig.gate.tick().command is rig.gate.tick().command is None
    assert count(rig, "deadline_misses") == 0


def test_following_names_whom_and_from_what(rig):
    stand_armed(rig)
    rig.propose(0.001)
    stamp_s = rig.clock.now()
    output = rig.tick()
    assert (output.state, output.source) == (ARMED, Source.POLICY)
    assert (output.reasons, output.shares) == (Reason.NONE, {})
    assert output.stamp_s == stamp_s
    # 0.001 s^2 (3 - 2 s) at a fifth of the period.
    assert output.command.position == pytest.approx([0.001 * 0.104])
    rig.gate.estop("button")
    output = rig.tick()
    assert (output.source, output.stamp_s) == (None, rig.clock.now())


def test_limits_are_named_with_their_shares(rig):
    rig.arm()
    rig.propose(0.9)
    output = rig.tick()
    assert output.reasons is Reason.ACCELERATION
    assert list(output.shares) == [Reason.ACCELERATION]


def test_a_tick_too_early_changes_nothing(rig):
    run_at(rig, 0.5)
    last = rig.outputs[-1]
    rig.gate.tick()
    early = rig.gate.tick()
    assert early.tick == rig.gate.tick().tick
    assert early.source is None
    assert count(rig, "ticks_too_early") >= 1
    assert early.command.velocity[0] >= last.command.velocity[0]
    rig.gate.estop("button")
    np.testing.assert_array_equal(rig.gate.tick().command.velocity, early.command.velocity)


def test_a_source_that_is_late_brakes_though_its_proposals_are_there(rig):
    run_at(rig, 0.5)
    for _ in range(3):
        rig.propose(0.9)
        output = rig.tick(measure=False)
    # S = 20 ms.
    assert (output.state, output.source) == (HOLD, None)
    assert output.reasons == Reason.STALE_OBSERVATION
    assert output.command.velocity[0] == pytest.approx(rig.outputs[-2].command.velocity[0] - 0.2)


def test_a_stopped_gate_follows_nobody(rig):
    run_at(rig, 0.5)
    rig.gate.estop("button")
    speeds = []
    for _ in range(4):
        rig.propose(0.9)
        output = rig.tick()
        speeds.append(output.command.velocity[0])
        assert (output.state, output.source, output.reasons) == (STOPPED, None, Reason.ESTOP)
    assert speeds == pytest.approx([0.3, 0.1, 0.0, 0.0])


def test_a_stop_that_brakes_lets_nothing_go_yet(rig):
    run_at(rig, 0.5)
    rig.gate.estop("button")
    modes = []
    for _ in range(4):
        rig.tick()
        modes.append(rig.gate.mode)
    assert modes == ["run", "run", "hold", "hold"]


def test_holding_at_rest_is_no_stop(rig):
    rig.arm()
    assert rig.tick(5).state is HOLD
    assert rig.gate.mode == "run"


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_robot_that_nobody_armed_is_let_go_only_by_a_stop(is_stopped):
    rig = Rig(rail(stop_mode=StopMode.TORQUE_OFF))
    if is_stopped:
        rig.gate.estop("button")
    rig.tick(29)
    assert rig.gate.mode == "hold"
    rig.tick()
    assert rig.gate.mode == ("torque_off" if is_stopped else "hold")


def test_the_cause_of_a_hold_is_told_when_it_changes_and_not_else(rig):
    stand_armed(rig)
    # 130 ms after the proposal, and on.
    rig.tick(12)
    held = cause(rig)
    assert rig.gate.state is HOLD and held.startswith("holding: no new proposal for 130 ms")
    assert rig.outputs[-1].reasons == Reason.STALE_PROPOSAL
    rig.tick(3, measure=False)
    assert cause(rig) == "holding: no new measurement for 30 ms, at most 20 ms are waited"
    assert rig.outputs[-1].reasons == Reason.STALE_PROPOSAL | Reason.STALE_OBSERVATION
    rig.tick(4, measure=False)
    assert cause(rig) == "holding: no new measurement for 30 ms, at most 20 ms are waited"
    rig.follow(0.0)
    assert (rig.gate.state, cause(rig)) == (ARMED, "measurements and proposals are fresh")
    assert rig.outputs[-1].reasons is Reason.NONE
    assert count(rig, "became_hold") == 1


def test_who_held_before_a_stop_holds_again_after_it(rig):
    rig.arm()
    assert rig.tick(3).reasons == Reason.STALE_PROPOSAL
    rig.gate.estop("button")
    # Why it held is no reason any more.
    assert rig.tick().reasons == Reason.ESTOP
    assert rig.gate.reset()[0]
    assert rig.tick().reasons is Reason.NONE
    rig.arm()
    output = rig.tick()
    assert (output.state, output.reasons) == (HOLD, Reason.STALE_PROPOSAL)


def test_silence_latches_its_reasons(rig):
    stand_armed(rig)
    rig.tick(46)
    assert rig.gate.state is STOPPED
    assert cause(rig) == "no proposal for 510 ms: its source is dead"
    assert rig.gate.reasons_latched == Reason.SILENT | Reason.STALE_PROPOSAL


def test_nobody_is_watched_after_a_stop(rig):
    stand_armed(rig)
    rig.gate.estop("button")
    rig.tick(60, measure=False)
    assert rig.gate.reasons_latched is Reason.ESTOP
    assert cause(rig) == "e-stop: button"


def test_a_command_that_is_no_number_latches(rig, monkeypatch):
    run_at(rig, 0.3)
    follower = rig.gate._follower
    step = follower.step

    def spoilt(entry, tick):
        verdict = step(entry, tick)
        return replace(verdict, reasons=verdict.reasons | Reason.NON_FINITE)

    monkeypatch.setattr(follower, "step", spoilt)
    rig.propose(0.9)
    assert rig.tick().state is STOPPED
    assert rig.gate.reasons_latched is Reason.NON_FINITE
    assert cause(rig) == "the gate computed no finite command"


@pytest.mark.parametrize("is_braking", [True, False])
def test_what_brakes_for_want_of_another_way_follows_nobody(rig, monkeypatch, is_braking):
    run_at(rig, 0.3)
    follower = rig.gate._follower
    step = follower.step
    monkeypatch.setattr(follower, "step", lambda *args: replace(step(*args), is_braking=is_braking))
    rig.propose(0.9)
    assert rig.tick().source is (None if is_braking else Source.POLICY)


@pytest.mark.parametrize("is_armed", [True, False])
def test_a_mistake_of_ours_brakes_what_moves_and_commands_nothing_else(monkeypatch, is_armed):
    rig = Rig(rail())
    if is_armed:
        run_at(rig, 0.5)
    monkeypatch.setattr(rig.gate, "_run_tick", lambda now_s: 1 / 0)
    output = rig.tick()
    if is_armed:
        assert output.command.velocity == pytest.approx([0.3])
        assert (output.state, output.reasons) == (STOPPED, Reason.INTERNAL)
    else:
        assert (output.state, output.command) == (UNARMED, None)
    assert ("ZeroDivisionError" in cause(rig)) == is_armed


def test_ages_are_told_of_what_has_arrived(rig):
    assert "measurement_age_ms" not in rig.gate.diagnostics()
    rig.measure()
    rig.clock.advance(0.03)
    assert rig.gate.diagnostics()["measurement_age_ms"] == pytest.approx(30.0)
    assert "proposal_age_ms" not in rig.gate.diagnostics()


# Late ticks and stalls


def test_a_late_tick_is_counted_and_is_no_stall(rig):
    run_at(rig, 0.5)
    tick = rig.outputs[-1].tick
    rig.propose(0.9)
    rig.clock.advance(0.01)
    output = rig.tick()
    assert output.tick == tick + 1
    assert count(rig, "deadline_misses") == 1
    assert count(rig, "stalls") == 0
    # 20 ms between two ticks, and 0.1 all the same.
    assert output.command.velocity == pytest.approx([0.6])


def test_a_stall_of_an_unarmed_gate_is_none(rig):
    rig.tick()
    rig.clock.advance(0.19)
    assert rig.tick().tick == 2
    assert count(rig, "stalls") == 0


@pytest.mark.parametrize(
    ("controller", "speed"),
    [
        # 50 ms: four ticks are made up for, 0.2 each; then one goes on with 0.1.
        (rail().controller, 0.1 + 0.1),
        # What has no tail has stopped meanwhile.
        (POSITION, 0.1),
    ],
)
def test_a_stall_is_made_up_for_as_the_controller_saw_it(controller, speed):
    rig = Rig(rail(controller=controller))
    run_at(rig, 0.9)
    last = rig.outputs[-1]
    rig.clock.advance(0.04)
    rig.propose(0.9)
    output = rig.tick()
    assert (output.state, output.tick) == (ARMED, last.tick + 5)
    assert count(rig, "stalls") == 1
    assert output.command.velocity == pytest.approx([speed])


def test_a_robot_that_stands_is_not_braked_further(rig):
    run_at(rig, 0.3)
    last = rig.outputs[-1]
    rig.clock.advance(0.04)
    rig.propose(0.9)
    output = rig.tick()
    assert output.tick == last.tick + 5
    assert output.command.velocity == pytest.approx([0.1])
    # 0.1 and 0 of speed, then 0.1 again.
    assert output.command.position == pytest.approx(last.command.position + 0.002)


# Velocity controllers


def test_a_velocity_controller_goes_on_from_where_the_robot_is_by_now():
    rig = Rig(velocity_rail())
    run_at(rig, 0.5)
    rig.propose(0.9)
    # Measured 4 ms before the tick, 3 mm behind: by now it is 2 mm further.
    measured = rig.position - 0.003
    rig.clock.advance(0.006)
    rig.measure(position=measured)
    rig.clock.advance(0.004)
    output = rig.gate.tick()
    assert output.command.velocity == pytest.approx([0.6])
    assert output.command.position == pytest.approx(measured + 0.5 * 0.004 + 0.006)


def test_an_old_measurement_is_no_anchor():
    rig = Rig(velocity_rail())
    run_at(rig, 0.5)
    rig.propose(0.9)
    last = rig.outputs[-1].command
    rig.tick(2, measure=False)
    output = rig.tick(measure=False)
    # 30 ms old: it holds, and brakes from its own last command.
    before = rig.outputs[-2].command
    assert output.state is HOLD
    assert output.command.velocity == pytest.approx(before.velocity - 0.2)
    step = 0.01 * output.command.velocity
    assert output.command.position == pytest.approx(before.position + step)
    assert last.position < before.position


def test_other_controllers_keep_to_the_command(rig):
    run_at(rig, 0.5)
    last = rig.outputs[-1].command
    rig.clock.advance(rig.dt)
    rig.measure(position=rig.position - 0.01)
    output = rig.gate.tick()
    assert output.command.position == pytest.approx(last.position + 0.006)
