from dataclasses import replace

import numpy as np
import pytest
from bench.stopping import brake_time, judge_stop

from rl_agent.reporting.recording import AppliedSeries
from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState

SPEC = load_robot("so101")
JOINT = replace(SPEC.joints[0], brake_deceleration=20.0)
SPEC = replace(SPEC, joints=(JOINT,), gate_hz=100.0)

ARMED, HOLD, STOPPED = SafetyState.ARMED, SafetyState.HOLD, SafetyState.STOPPED


def series(velocities, states):
    """Commands every 10 ms from t = 0, each reached with the velocity of its tick."""
    count = len(velocities)
    return AppliedSeries(
        stamps_ns=np.arange(count),
        received_s=0.01 * np.arange(count),
        position=0.01 * np.cumsum(velocities)[:, None],
        velocity=np.array(velocities)[:, None],
        ticks=np.arange(count),
        reasons=np.zeros(count, dtype=np.int64),
        states=tuple(states),
        sources=("policy",) * count,
    )


def brakes():
    """1 rad/s; braking by 0.2 rad/s a tick begins with the sixth command, at 50 ms."""
    velocities = [1.0] * 5 + [0.8, 0.6, 0.4, 0.2, 0.0] + [0.0] * 10
    return velocities, [ARMED] * 5 + [HOLD] * 8 + [STOPPED] * 7


def test_times_are_counted_from_the_kill_and_from_the_first_brake():
    stop = judge_stop(SPEC, series(*brakes()), killed_s=0.015, until_s=0.19)
    assert stop.first_brake_s == pytest.approx(0.035)
    assert stop.standstill_s == pytest.approx(0.04)
    # 1 rad/s at 20 rad/s2: 50 ms, the first of whose ticks is the first braking command.
    assert stop.profile_s == pytest.approx(0.05)
    assert stop.speed == pytest.approx(1.0)
    assert (stop.is_latched, stop.moved_again) == (True, False)


def test_a_motion_after_standstill_is_seen():
    velocities, states = brakes()
    velocities[15] = 0.001
    stop = judge_stop(SPEC, series(velocities, states), killed_s=0.015, until_s=0.19)
    assert stop.moved_again
    assert not judge_stop(SPEC, series(velocities, states), 0.015, until_s=0.14).moved_again


def test_a_hold_that_never_latches_is_seen():
    velocities, _ = brakes()
    states = [ARMED] * 5 + [HOLD] * 15
    stop = judge_stop(SPEC, series(velocities, states), killed_s=0.015, until_s=0.19)
    assert not stop.is_latched


def test_no_braking_at_all_is_an_error():
    with pytest.raises(ValueError, match="no braking command"):
        judge_stop(SPEC, series([1.0] * 10, [ARMED] * 10), killed_s=0.015, until_s=0.09)


def test_brake_time_is_in_whole_ticks():
    # 1.1 rad/s at 20 rad/s2 is 55 ms: six ticks.
    assert brake_time(SPEC, np.array([-1.1])) == pytest.approx(0.06)
