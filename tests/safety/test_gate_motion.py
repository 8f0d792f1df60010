"""How the gate moves the robot between proposals, at the limits, and when ticks are irregular."""

import time
from dataclasses import replace

import numpy as np
import pytest
from safety_rig import Rig, check_within_limits, rail, so101

from rl_agent.safety.brake import braking_tail
from rl_agent.spec import ControllerType
from rl_agent.types import Command, Reason, SafetyState, Source


def sine(time_s):
    """A motion that keeps all limits of so101: 0.3 rad, 4 rad/s: v <= 1.2, a <= 4.8."""
    return 0.3 * (1 - np.cos(4 * time_s)), 1.2 * np.sin(4 * time_s)


def track_sine(rig, periods, jitter_s=0.0):
    """Follow the sine on joint 0; return its errors after every tick."""
    start, period_s = rig.position.copy(), rig.spec.policy_period_s
    ticks = round(period_s / rig.dt)
    errors = []
    for period in range(periods):
        position, velocity = start.copy(), np.zeros(6)
        offset, velocity[0] = sine((period + 1) * period_s)
        position[0] += offset
        assert rig.propose(command=Command(position, velocity)) is Reason.NONE
        for tick in range(ticks):
            rig.clock.advance(jitter_s if tick % 2 else -0.0)
            command = rig.tick().command
            now_s = period * period_s + (tick + 1) * rig.dt
            errors.append(command.position[0] - start[0] - sine(now_s)[0])
    return np.array(errors)


@pytest.mark.parametrize("policy_hz", [10.0, 20.0, 50.0, 100.0])
def test_a_motion_within_limits_is_passed_on_exactly(policy_hz):
    rig = Rig(so101(policy_hz=policy_hz))
    rig.arm()
    rig.tick()
    errors = track_sine(rig, round(2.0 * policy_hz))
    # A cubic's error is P^4 / 384 times the fourth derivative: 0.3 * 4^4 * P^4 / 384, and half a
    # tick's slope at the start.
    assert np.abs(errors).max() <= 0.3 * 4**4 / policy_hz**4 / 384 + 2e-4
    assert rig.gate.diagnostics()["limited_fraction"] == 0.0


def test_ticks_that_come_late_do_not_disturb_the_path():
    even, uneven = Rig(so101()), Rig(so101())
    for rig, jitter_s in ((even, 0.0), (uneven, 0.004)):
        rig.arm()
        rig.tick()
        track_sine(rig, 20, jitter_s)
    np.testing.assert_allclose(even.commands()[0], uneven.commands()[0], rtol=0.0, atol=1e-15)


def test_the_first_tick_after_arrival_already_moves():
    rig = Rig(so101())
    rig.arm()
    rig.tick()
    rig.propose(rig.position + 0.01)
    # 0.01 (3 s^2 - 2 s^3) at s = 1/5 is 0.00104.
    assert rig.tick().command.position == pytest.approx(rig.spec.home + 0.00104)


def test_past_the_end_point_the_end_velocity_goes_on_until_w():
    rig = Rig(rail())
    rig.arm()
    rig.follow(0.0)
    rig.follow(0.005, 0.2)
    velocities = [rig.tick().command.velocity[0] for _ in range(7)]
    assert velocities == pytest.approx([0.2] * 7)
    assert rig.outputs[-1].state is SafetyState.ARMED
    # 125 ms after its arrival, at the 13th tick, the brake takes 20 * 0.01.
    assert rig.tick().command.velocity[0] == pytest.approx(0.0)


def test_after_a_hold_the_first_segment_starts_plainly():
    rig = Rig(rail())
    rig.move()
    rig.tick(20)
    assert rig.gate.state is SafetyState.HOLD
    start = rig.position[0]
    rig.propose(start + 0.005)
    assert rig.tick().command.position[0] == pytest.approx(start + 0.00052, abs=1e-12)


def test_a_hold_of_one_tick_does_not_delay_the_end_point():
    rig = Rig(rail())
    rig.arm()
    rig.tick()
    rig.propose(0.002)
    rig.tick()
    # 25 ms without a measurement: one braking tick, the robot being slow enough to stand.
    rig.clock.advance(0.015)
    held = rig.tick(measure=False)
    assert held.state is SafetyState.HOLD
    # Three of five ticks are left: s = 1/3, 2/3, 1 of what is left of the way.
    rest = 0.002 - held.command.position[0]
    places = [rig.tick().command.position[0] for _ in range(3)]
    expected = [held.command.position[0] + rest * share for share in (7 / 27, 20 / 27, 1.0)]
    assert places == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("policy_hz", [10.0, 20.0, 50.0, 100.0])
@pytest.mark.parametrize("distance", [0.02, 0.1, 0.5, -1.0])
def test_a_far_end_point_is_approached_without_overshoot(policy_hz, distance):
    spec = so101(policy_hz=policy_hz)
    rig = Rig(spec)
    rig.arm()
    target = rig.position.copy()
    target[0] += distance
    rig.follow(target, periods=round(1.2 * policy_hz))
    positions, velocities = rig.commands()
    check_within_limits(spec, positions, velocities, start=spec.home)
    way = (positions[:, 0] - spec.home[0]) * np.sign(distance)
    assert way.max() <= abs(distance) + 1e-3
    assert positions[-1] == pytest.approx(target, abs=1e-9)
    # No oscillation: what comes back after the farthest point is less than a milliradian.
    assert way.max() - way[np.argmax(way) :].min() <= 1e-3
    moving = velocities[np.abs(velocities[:, 0]) > 0.05, 0]
    assert (np.sign(moving) == np.sign(distance)).all()


def test_reversals_at_the_limits_do_not_overshoot_the_last_end_point():
    rig = Rig(so101())
    rig.arm()
    for target in (0.5, -0.5, 0.3, 0.3, 0.3, 0.3):
        wanted = rig.spec.home.copy()
        wanted[0] = target
        rig.follow(wanted, periods=5)
    positions, velocities = rig.commands()
    check_within_limits(rig.spec, positions, velocities, start=rig.spec.home)
    assert positions[-50:, 0].max() <= 0.3 + 1e-3


def test_the_start_ramp_limits_the_first_motion():
    rig = Rig(rail(start_ramp_s=0.5))
    rig.arm()
    rig.tick(100)
    rig.follow(0.9, periods=8)
    velocities = rig.commands()[1][100:, 0]
    # Waiting does not use the ramp up. Tick n may use 0.1 + 0.9 n / 50 of 1 m/s.
    ramp = 0.1 + 0.9 * np.arange(1, 41) / 50
    assert (velocities <= ramp + 1e-9).all()
    assert velocities[20] == pytest.approx(ramp[20])
    assert rig.outputs[120].reasons == Reason.START_RAMP
    rig.follow(0.9, periods=3)
    assert rig.outputs[-1].command.velocity[0] > 0.9
    assert not rig.outputs[-1].reasons & Reason.START_RAMP


def test_arming_again_ramps_again():
    rig = Rig(rail(start_ramp_s=0.5))
    rig.arm()
    rig.follow(0.9, periods=12)
    rig.gate.disarm()
    rig.tick(20)
    rig.arm()
    rig.tick()
    rig.follow(0.0)
    assert abs(rig.outputs[-1].command.velocity[0]) <= 0.1 + 0.9 * 5 / 50 + 1e-9


def test_a_start_far_from_the_proposal_does_not_jump():
    rig = Rig(so101(start_ramp_s=0.5))
    rig.arm()
    rig.follow(rig.spec.home + 1.0)
    assert np.abs(rig.commands()[1]).max() <= 0.19 * 3.0


def test_a_storm_of_ticks_does_not_speed_the_robot_up():
    rig = Rig(rail())
    rig.arm()
    rig.follow(0.9, periods=3)
    start_s, start = rig.clock.now(), rig.position[0]
    last = rig.gate.tick()
    for index in range(1000):
        rig.clock.advance(0.0002)
        rig.measure()
        if index % 25 == 0:
            rig.propose(0.9)
        last = rig.gate.tick()
    seconds = rig.clock.now() - start_s
    assert last.command.position[0] - start <= 1.0 * seconds * 1.1 + 0.03
    assert rig.gate.diagnostics()["ticks_too_early"] > 900


def test_a_tick_too_early_repeats_the_last_command():
    rig = Rig(rail())
    rig.move()
    outputs = [rig.gate.tick() for _ in range(5)]
    assert outputs[-1].tick == outputs[-2].tick
    np.testing.assert_array_equal(outputs[-1].command.position, outputs[-2].command.position)


def test_after_a_stall_the_gate_goes_on_from_the_tails_end():
    rig = Rig(so101())
    rig.move()
    last = rig.outputs[-1].command
    tail = braking_tail(rig.spec, last.position, last.velocity, rig.dt)
    rig.clock.advance(0.19)
    output = rig.tick()
    np.testing.assert_array_equal(output.command.position, tail[-1].position)
    assert not output.command.velocity.any()
    # 200 ms are 20 ticks: 19 were missed.
    assert output.tick == rig.outputs[-2].tick + 20
    assert rig.gate.diagnostics()["stalls"] == 1


def test_a_short_stall_goes_on_from_within_the_tail():
    rig = Rig(so101())
    rig.move()
    last = rig.outputs[-1].command
    speed = last.velocity[0]
    rig.propose()
    rig.clock.advance(0.04)
    rig.measure()
    rig.propose(last.position, stamp_s=rig.clock.now())
    output = rig.tick()
    # Four ticks of braking at 0.2 each were missed; then one step of at most 0.12.
    left = max(speed - 4 * 0.2, 0.0)
    assert abs(output.command.velocity[0] - left) <= 0.12 + 1e-9


def test_where_the_controller_has_no_tail_a_stalled_robot_stands():
    spec = so101()
    controller = replace(spec.controller, type=ControllerType.FORWARD_POSITION, timeout_ms=50.0)
    rig = Rig(replace(spec, controller=controller))
    rig.move()
    last = rig.outputs[-1].command
    rig.clock.advance(0.19)
    output = rig.tick()
    np.testing.assert_array_equal(output.command.position, last.position)
    assert not output.command.velocity.any()
    # The gap in the count tells a recorder that commands are missing in between.
    assert output.tick == rig.outputs[-2].tick + 20


def test_a_human_takes_over_and_hands_back_without_a_jump():
    rig = Rig(so101())
    rig.move()
    for index in range(60):
        policy, human = rig.position + 0.05, rig.position - 0.04
        rig.propose(policy, 0.8)
        if 20 <= index < 40:
            rig.propose(human, -0.8, source=Source.HUMAN)
        rig.tick(5)
    positions, velocities = rig.commands()
    check_within_limits(rig.spec, positions, velocities, start=rig.spec.home)
    sources = [output.source for output in rig.outputs[-300:]]
    assert sources[:100] == [Source.POLICY] * 100
    assert sources[100:200] == [Source.HUMAN] * 100
    # The human's last proposal counts for W = 125 ms after its arrival, then the policy's.
    assert sources[207:] == [Source.POLICY] * 93


def test_outputs_name_the_observation_behind_them():
    rig = Rig(so101())
    rig.arm()
    armed_s = rig.clock.now()
    assert rig.tick(measure=False).stamp_s == armed_s
    stamp_s = rig.clock.now() - 0.004
    rig.propose(stamp_s=stamp_s)
    output = rig.tick(3)
    assert output.stamp_s == stamp_s
    assert output.source is Source.POLICY


def test_a_tick_is_cheap():
    rig = Rig(so101())
    rig.arm()
    costs_s = []
    for _ in range(100):
        rig.propose(rig.position + 0.3)
        for _ in range(5):
            rig.clock.advance(rig.dt)
            rig.measure()
            start_s = time.perf_counter()
            output = rig.gate.tick()
            costs_s.append(time.perf_counter() - start_s)
        rig.position[:] = output.command.position
    # About 50 us on a 2 GHz core; the quickest tenth tells the cost even beside other processes.
    assert np.quantile(costs_s, 0.1) < 200e-6


def test_leaning_on_the_limiter_is_counted():
    rig = Rig(so101())
    rig.arm()
    rig.follow(rig.spec.home + 1.0, periods=4)
    rig.follow(rig.position, periods=1)
    report = rig.gate.diagnostics()
    assert report["armed_ticks"] == 25
    assert report["ticks_acceleration"] >= 20
    assert 0.8 <= report["limited_fraction"] <= 1.0
    assert report["share_acceleration"] > 1.0
    assert report["proposals_accepted"] == 5
    assert report["proposal_age_ms"] == pytest.approx(50.0)
    assert report["state"] == "ARMED"
