"""PX4's seven kinds of a bad sensor: off, stuck, garbage, wrong, slow, delayed, intermittent.

so101 in the rig: T = 10 ms, S = 20 ms, silence 500 ms, v_max 3 rad/s; readings come every 10 ms, so
one may differ from the last by 1.5 * 3 * 0.01 + 0.01 = 0.055 rad. Off and garbage stand in
test_gate_watchdogs.py.
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety_rig import Rig, rail, so101

from rl_agent.robots.profile import load_robot
from rl_agent.safety.plausibility import Plausibility
from rl_agent.types import Measurement, Reason, SafetyState


@pytest.fixture
def rig():
    rig = Rig(so101())
    rig.move()
    return rig


def drive(rig, ticks, distort=None, **changes):
    """Follow a slow motion while `distort(values, n)` changes what the gate reads."""
    for n in range(ticks):
        if n % 5 == 0:
            rig.propose(rig.position + 0.02, 0.4)
        rig.clock.advance(rig.dt)
        values = {"position": rig.position.copy(), "velocity": rig.velocity.copy()}
        if distort is not None:
            distort(values, n)
        rig.measure(**(values | changes))
        output = rig.gate.tick()
        rig.outputs.append(output)
        rig.position, rig.velocity = output.command.position, output.command.velocity
    return output


def states(rig, ticks):
    return [output.state for output in rig.outputs[-ticks:]]


def cause(rig):
    return str(rig.gate.diagnostics()["cause"])


def test_an_encoder_jump_holds_at_the_next_tick(rig):
    def jump(values, n):
        values["position"][2] += 0.2 if n == 0 else 0.0

    drive(rig, 3, jump)
    assert states(rig, 3) == [SafetyState.HOLD, SafetyState.ARMED, SafetyState.ARMED]
    assert rig.outputs[-3].reasons == Reason.IMPLAUSIBLE
    assert rig.gate.diagnostics()["measurements_implausible"] == 1


def test_a_jump_that_stays_is_never_believed_and_stops(rig):
    def jump(values, n):
        values["position"][2] += 0.2

    drive(rig, 60, jump)
    assert states(rig, 60)[:50] == [SafetyState.HOLD] * 50
    assert rig.gate.state is SafetyState.STOPPED
    assert "no plausible measurement for 510 ms: elbow_flex jumped by 0.2" in cause(rig)
    # The robot stands, the operator looks: from now on the new readings are taken for true.
    rig.position[2] += 0.2
    rig.velocity[:] = 0.0
    rig.clock.advance(0.01)
    rig.measure()
    assert rig.gate.reset()[0]
    assert rig.gate.arm()[0]


@pytest.mark.parametrize(("jump", "is_believed"), [(0.054, True), (0.056, False)])
def test_one_and_a_half_times_the_velocity_limit_is_plausible(jump, is_believed):
    rig = Rig(so101())
    rig.arm()
    rig.clock.advance(0.01)
    rig.position[0] += jump
    rig.measure()
    assert ("measurements_implausible" in rig.gate.diagnostics()) != is_believed


def test_after_a_gap_the_robot_may_have_moved_on():
    rig = Rig(so101())
    rig.arm()
    rig.clock.advance(0.1)
    rig.position[0] += 0.4  # 1.5 * 3 * 0.1 + 0.01 = 0.46
    rig.measure()
    assert "measurements_implausible" not in rig.gate.diagnostics()


def test_a_stuck_reading_in_motion_holds_within_s(rig):
    stuck = {"position": rig.position.copy(), "velocity": rig.velocity.copy()}
    drive(rig, 5, lambda values, n: values.update(stuck))
    # By its own velocity of 0.4 rad/s it moved 0.004 rad per reading: beyond 0.01 at the third.
    assert states(rig, 5)[:4].count(SafetyState.ARMED) <= 3
    assert rig.outputs[-1].reasons & Reason.FROZEN
    assert "is frozen although the joint moves" in cause(rig)


def test_a_stuck_position_with_zero_velocity_holds_once_the_command_went_far_enough(rig):
    start = rig.position.copy()

    def freeze(values, n):
        values["position"], values["velocity"] = start.copy(), np.zeros(6)

    drive(rig, 60, freeze)
    assert rig.gate.state is SafetyState.HOLD
    # 0.05 s * 3 rad/s = 0.15 rad, and the brake's way.
    assert rig.position[0] - start[0] == pytest.approx(0.155, abs=0.01)


def test_a_robot_that_stands_in_peace_is_not_frozen():
    rig = Rig(so101())
    rig.arm()
    for _ in range(100):
        rig.follow(rig.spec.home)
    assert rig.gate.state is SafetyState.ARMED


def test_a_hold_for_a_frozen_reading_ends_when_it_changes(rig):
    stuck = {"position": rig.position.copy(), "velocity": rig.velocity.copy()}
    drive(rig, 6, lambda values, n: values.update(stuck))
    assert rig.gate.state is SafetyState.HOLD
    drive(rig, 2)
    assert rig.gate.state is SafetyState.ARMED


def test_velocities_of_the_wrong_sign_hold(rig):
    drive(rig, 50)
    assert rig.gate.state is SafetyState.ARMED

    def flip(values, n):
        values["velocity"] *= -1.0

    # 2 * 0.4 rad/s over 0.1 s are 0.08 rad; 0.25 * 3 * 0.1 = 0.075 may be.
    drive(rig, 50, flip)
    held = [output.reasons == Reason.IMPLAUSIBLE for output in rig.outputs[-50:]]
    assert 10 < held.index(True) < 30


def test_a_speed_that_no_joint_has_is_not_believed(rig):
    def exaggerate(values, n):
        values["velocity"][1] = 6.1

    drive(rig, 1, exaggerate)
    assert rig.gate.state is SafetyState.HOLD
    assert cause(rig) == "holding: shoulder_lift reads a speed of 6.1"


def test_a_position_far_outside_the_hard_limits_is_not_believed(rig):
    def leave(values, n):
        values["position"][4] = 10.0

    drive(rig, 1, leave)
    assert cause(rig) == "holding: wrist_roll reads 10.000, far outside its limits"


def test_readings_that_come_later_and_later_hold():
    # 2 ms more delay with every reading: none is ever missing, all of them are old in the end.
    rig = Rig(so101())
    rig.arm()
    rig.propose()
    for n in range(60):
        rig.propose(stamp_s=rig.clock.now() - 0.002 * n)
        rig.clock.advance(rig.dt)
        rig.measure(stamp_s=rig.clock.now() - 0.002 * n)
        state = rig.gate.tick().state
        if state is not SafetyState.ARMED:
            break
    # S is taken twice: once for the jitter that is no delay, once for the age itself.
    assert 0.002 * n == pytest.approx(0.042, abs=0.003)
    assert rig.outputs == []
    assert "no new measurement" in cause(rig)


def test_a_constant_difference_of_the_clocks_is_no_delay():
    rig = Rig(so101())
    for _ in range(100):
        rig.clock.advance(rig.dt)
        rig.measure(stamp_s=rig.clock.now() - 1234.5)
    assert rig.gate.arm()[0]


def test_clocks_that_drift_apart_are_no_delay():
    rig = Rig(so101())
    rig.arm()
    start_s = rig.clock.now()
    for n in range(4000):
        if n % 5 == 0:
            rig.propose(stamp_s=start_s + 0.9998 * (rig.clock.now() - start_s))
        rig.clock.advance(rig.dt)
        rig.measure(stamp_s=start_s + 0.9998 * (rig.clock.now() - start_s))
        assert rig.gate.tick().state is SafetyState.ARMED


def test_an_intermittent_sensor_holds_in_its_gaps_and_goes_on_between(rig):
    for _ in range(5):
        rig.propose(rig.position + 0.02, 0.4)
        assert rig.tick(3, measure=False).state is SafetyState.HOLD
        rig.propose(rig.position + 0.02, 0.4)
        assert rig.tick(3).state is SafetyState.ARMED


def test_half_a_turn_more_on_an_endless_joint_is_the_short_way_round():
    spec = load_robot("cartpole")
    plausibility = Plausibility(spec)
    before = Measurement(1.0, np.array([0.0, np.pi - 0.01]), np.zeros(2))
    after = Measurement(1.01, np.array([0.0, 0.01 - np.pi]), np.zeros(2))
    assert plausibility.problem(after, before, 0.01) == ""


@given(speed=st.floats(-1.0, 1.0), seed=st.integers(0, 99))
def test_what_the_limits_allow_is_always_plausible(speed, seed):
    """Any robot that keeps its velocity limit, read with jittering stamps and a little noise."""
    rng = np.random.default_rng(seed)
    spec = rail()
    plausibility = Plausibility(spec)
    times_s = 10.0 + np.cumsum(rng.uniform(0.002, 0.03, 20))
    positions = speed * (times_s - times_s[0]) + rng.normal(0.0, 1e-3, 20)
    readings = [
        Measurement(t, np.array([p]), np.array([speed]))
        for t, p in zip(times_s, positions, strict=True)
    ]
    for before, after in pairwise(readings):
        gap_s = after.stamp_s - before.stamp_s
        assert plausibility.problem(after, before, gap_s) == ""


def test_readings_are_not_judged_while_the_arm_is_moved_by_hand():
    rig = Rig(so101())
    for position in (0.0, 1.0, -1.0, 0.0):
        rig.clock.advance(0.01)
        rig.position[0] = position
        rig.measure()
    assert "measurements_implausible" not in rig.gate.diagnostics()
    rig.arm()
