"""Late, frozen, garbled and dead sources, by the fake steady clock. so101: W 125 ms, S 20 ms."""

from dataclasses import replace

import numpy as np
import pytest
from safety_rig import Rig, check_within_limits, so101

from rl_agent.types import Reason, SafetyState


@pytest.fixture
def rig():
    rig = Rig(so101())
    rig.move()
    return rig


def test_a_silent_policy_is_braked_within_w(rig):
    # The last proposal came 50 ms ago; 125 ms after it, at the 13th tick, braking begins.
    rig.propose(rig.position + 0.03, 0.5)
    states = [rig.tick().state for _ in range(14)]
    assert states[:12] == [SafetyState.ARMED] * 12
    assert states[12] is SafetyState.HOLD
    speeds = [output.command.velocity[0] for output in rig.outputs[-3:]]
    assert speeds[1] == pytest.approx(speeds[0] - 0.2)
    assert rig.outputs[-1].reasons == Reason.STALE_PROPOSAL
    assert rig.gate.diagnostics()["cause"] == (
        "holding: no new proposal for 130 ms, at most 125 ms are waited"
    )


@pytest.mark.parametrize(("policy_hz", "w_ms"), [(20.0, 125.0), (50.0, 60.0), (100.0, 30.0)])
def test_w_follows_from_the_policys_rate(policy_hz, w_ms):
    rig = Rig(so101(policy_hz=policy_hz))
    rig.arm()
    rig.tick()
    rig.propose()
    start_s = rig.clock.now()
    while rig.tick().state is SafetyState.ARMED:
        pass
    waited_ms = (rig.clock.now() - start_s) * 1e3
    assert w_ms < waited_ms <= w_ms + 10.0 + 1e-6


def keep_proposing(rig, ticks, measure, stamp_offset_s=0.0):
    """Tick with fresh proposals; `measure(rig)` gives what the gate sees of the robot."""
    states = []
    for _ in range(ticks):
        rig.clock.advance(rig.dt)
        measure(rig)
        rig.propose(rig.position, stamp_s=rig.clock.now() + stamp_offset_s)
        states.append(rig.gate.tick().state)
    return states


def check_hold_within_s(states):
    # Fresh at 10 and 20 ms, S = 20 ms; at 30 ms it holds.
    assert states[:2] == [SafetyState.ARMED] * 2
    assert states[2] is SafetyState.HOLD


def test_a_missing_measurement_is_braked_within_s(rig):
    check_hold_within_s(keep_proposing(rig, 5, lambda rig: None))
    assert rig.gate.diagnostics()["cause"] == (
        "holding: no new measurement for 30 ms, at most 20 ms are waited"
    )


def test_a_frozen_sensor_is_braked_within_s(rig):
    stamp_s = rig.clock.now()
    check_hold_within_s(keep_proposing(rig, 5, lambda rig: rig.measure(stamp_s=stamp_s)))
    assert rig.gate.diagnostics()["measurements_not_newer"] == 5


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("field", ["position", "velocity"])
def test_garbage_does_not_count_as_a_measurement(rig, field, bad):
    values = {"position": rig.position.copy(), "velocity": rig.velocity.copy()}
    values[field][3] = bad
    check_hold_within_s(keep_proposing(rig, 5, lambda rig: rig.measure(**values)))
    assert rig.gate.diagnostics()["measurements_not_finite"] == 5


def test_measurements_of_the_wrong_size_do_not_count(rig):
    check_hold_within_s(keep_proposing(rig, 5, lambda rig: rig.measure(position=np.zeros(5))))
    assert rig.gate.diagnostics()["measurements_of_wrong_size"] == 5


@pytest.mark.parametrize("field", ["stamp_s", "received_s"])
def test_times_that_are_not_finite_do_not_count(rig, field):
    check_hold_within_s(keep_proposing(rig, 5, lambda rig: rig.measure(**{field: np.nan})))


def test_a_receive_time_in_the_future_does_not_quiet_the_watchdog(rig):
    rig.clock.advance(0.001)
    rig.measure(received_s=rig.clock.now() + 1e6)
    rig.clock.advance(0.02)
    assert rig.tick(measure=False).state is SafetyState.HOLD


def test_hold_ends_by_itself_and_goes_on_from_the_applied_command(rig):
    while rig.tick().state is SafetyState.ARMED:
        pass
    assert rig.gate.state is SafetyState.HOLD
    speed = rig.outputs[-1].command.velocity[0]
    assert speed > 0.0
    rig.propose(rig.position + 0.03, 0.5)
    output = rig.tick()
    assert output.state is SafetyState.ARMED
    # One acceleration step of 12 * 0.01 from the speed that was left.
    assert abs(output.command.velocity[0] - speed) <= 0.12 + 1e-9
    positions, velocities = rig.commands()
    check_within_limits(rig.spec, positions, velocities, start=rig.spec.home, brakes=True)


def test_hold_needs_both_sources_to_end(rig):
    rig.tick(30, measure=False)
    assert rig.gate.state is SafetyState.HOLD
    assert rig.tick(3).state is SafetyState.HOLD
    rig.follow(rig.position)
    assert rig.gate.state is SafetyState.ARMED


def test_a_dead_source_needs_reset_and_arm(rig):
    rig.propose()
    rig.tick(50)
    assert rig.gate.state is SafetyState.HOLD
    output = rig.tick()
    assert output.state is SafetyState.STOPPED
    assert output.reasons == Reason.SILENT | Reason.STALE_PROPOSAL
    assert "no proposal for 510 ms: its source is dead" in str(rig.gate.diagnostics()["cause"])
    # The process was restarted and proposes again: nothing moves.
    resting = output.command.position
    rig.follow(rig.position + 0.1, periods=5)
    np.testing.assert_array_equal(rig.outputs[-1].command.position, resting)
    assert rig.gate.reset()[0]
    rig.arm()
    rig.tick()
    rig.follow(rig.position + 0.01, periods=2)
    assert rig.gate.state is SafetyState.ARMED
    assert (rig.outputs[-1].command.position > resting).all()


def test_a_dead_driver_stops_and_latches(rig):
    states = keep_proposing(rig, 52, lambda rig: None)
    assert states[49] is SafetyState.HOLD
    assert states[51] is SafetyState.STOPPED
    assert rig.gate.reasons_latched & Reason.STALE_OBSERVATION


def test_a_restarted_driver_may_count_its_stamps_anew(rig):
    # While moving, older stamps never count; once stopped they begin a new count.
    def measure_anew(rig):
        rig.measure(stamp_s=rig.clock.now() - 90.0)

    states = keep_proposing(rig, 60, measure_anew, stamp_offset_s=-90.0)
    assert states[2] is SafetyState.HOLD
    assert states[-1] is SafetyState.STOPPED
    assert rig.gate.diagnostics()["measurement_restarts"] == 1
    rig.velocity[:] = 0.0
    rig.clock.advance(0.01)
    measure_anew(rig)
    assert rig.gate.reset()[0]
    assert rig.gate.arm()[0]
    rig.propose(stamp_s=rig.clock.now() - 90.0)
    rig.clock.advance(0.01)
    assert rig.gate.tick().state is SafetyState.ARMED


def test_a_wall_clock_jump_in_the_stamps_does_not_trip_the_watchdog(rig):
    # Source time jumps an hour ahead: stamps still increase, and ages count from receipt.
    for _ in range(10):
        rig.clock.advance(rig.dt)
        rig.measure(stamp_s=rig.clock.now() + 3600.0)
        rig.propose(rig.position, stamp_s=rig.clock.now() + 3600.0)
        output = rig.gate.tick()
        assert output.state is SafetyState.ARMED
        rig.position, rig.velocity = output.command.position, output.command.velocity


def test_the_times_of_the_profile_are_used():
    spec = so101()
    watchdog = replace(spec.watchdog, proposal_ms=40.0, observation_ms=35.0, silence_ms=100.0)
    rig = Rig(replace(spec, watchdog=watchdog))
    rig.arm()
    rig.propose()
    states = [rig.tick().state for _ in range(11)]
    assert states[:4] == [SafetyState.ARMED] * 4
    assert states[4:10] == [SafetyState.HOLD] * 6
    assert states[10] is SafetyState.STOPPED
