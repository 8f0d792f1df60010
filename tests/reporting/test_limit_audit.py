from dataclasses import replace

import numpy as np
import pytest

from rl_agent.reporting.limit_audit import CommandTrace, audit_commands
from rl_agent.robots.profile import load_robot

# Velocity 1 rad/s, acceleration 10, braking 20 rad/s2, soft limits +-0.9 rad, T = 0.01 s: one tick
# may move 0.01 rad and change its step by 0.001 rad, or by 0.002 rad while braking.
SPEC = load_robot("so101")
JOINT = replace(
    SPEC.joints[0],
    lower=-1.0,
    upper=1.0,
    margin=0.1,
    max_velocity=1.0,
    max_acceleration=10.0,
    brake_deceleration=20.0,
)
SPEC = replace(SPEC, joints=(JOINT,), gate_hz=100.0)


def trace(position, ticks=None, is_braking=None, is_start=None):
    count = len(position)
    return CommandTrace(
        np.arange(count) if ticks is None else np.array(ticks),
        np.array(position, dtype=float)[:, None],
        np.zeros(count, dtype=bool) if is_braking is None else np.array(is_braking),
        np.zeros(count, dtype=bool) if is_start is None else np.array(is_start),
    )


def test_commands_exactly_at_the_limits_are_inside():
    steps = np.concatenate([np.arange(11) * 0.001, np.full(20, 0.01), np.arange(10, -1, -1) * 1e-3])
    audit = audit_commands(SPEC, trace(np.cumsum(steps)))
    assert audit.violations == 0
    assert audit.velocity_share == pytest.approx(1.0)
    assert audit.acceleration_share == pytest.approx(1.0)


@pytest.mark.parametrize(("end", "count"), [(0.9, 0), (0.9 + 2e-9, 1), (-0.9 - 2e-9, 1)])
def test_soft_limit_is_the_hard_one_shrunk_by_the_margin(end, count):
    assert audit_commands(SPEC, trace([end])).position == count


def test_a_step_of_eleven_milliradians_is_too_fast():
    audit = audit_commands(SPEC, trace([0.0, 0.011, 0.022]))
    assert audit.velocity == 2
    assert audit.velocity_share == pytest.approx(1.1)
    assert audit.acceleration == 0


def test_a_change_of_step_beyond_the_limit_is_too_hard():
    # Steps 0, 0.0011: 11 rad/s2.
    audit = audit_commands(SPEC, trace([0.0, 0.0, 0.0011]))
    assert audit.acceleration == 1
    assert audit.acceleration_share == pytest.approx(1.1)


@pytest.mark.parametrize(("change", "count"), [(0.0020, 0), (0.0021, 1)])
def test_braking_ticks_have_the_brake_deceleration(change, count):
    position = [0.0, 0.01, 0.02 - change]
    audit = audit_commands(SPEC, trace(position, is_braking=[False, False, True]))
    assert audit.acceleration == count
    assert audit.num_braking == 1
    assert audit.braking_share == pytest.approx(change / 0.002)


def test_nothing_is_judged_across_a_gap():
    audit = audit_commands(SPEC, trace([0.0, 0.0, 0.5, 0.5], ticks=[0, 1, 7, 8]))
    assert audit.violations == 0
    assert audit.num_gaps == 1
    assert audit.num_pairs == 2


def test_arming_anew_begins_at_the_measured_pose():
    position, start = [0.0, 0.0, 0.5, 0.5], [False, False, True, False]
    assert audit_commands(SPEC, trace(position, is_start=start)).violations == 0
    assert audit_commands(SPEC, trace(position)).violations > 0


def test_a_violation_that_returns_within_two_ticks_is_seen():
    audit = audit_commands(SPEC, trace([0.0, 0.0, 0.02, 0.0, 0.0]))
    assert audit.velocity == 2
    assert audit.acceleration == 3


JERKY = replace(SPEC, joints=(replace(JOINT, max_jerk=100.0),))
# Accelerations may change by 100 * 0.01 = 1 rad/s2 per tick: second differences by 1e-4 rad.


def jerky(second_differences):
    steps = np.concatenate([[0.0, 0.0], np.cumsum(second_differences)])
    return np.cumsum(steps)


def test_an_acceleration_that_rises_step_by_step_is_within_its_jerk_limit():
    audit = audit_commands(JERKY, trace(jerky([0.0, 1e-4, 2e-4, 3e-4, 2e-4, 1e-4, 0.0])))
    assert audit.violations == 0
    assert audit.jerk_share == pytest.approx(1.0)


def test_an_acceleration_that_jumps_is_beyond_it():
    audit = audit_commands(JERKY, trace(jerky([0.0, 1.1e-4, 1.1e-4, 0.0])))
    assert audit.jerk == 2
    assert audit.jerk_share == pytest.approx(1.1)
    assert audit.violations == 2


def test_braking_and_what_comes_right_after_it_obey_no_jerk_limit():
    path = jerky([0.0, 1e-4, -20e-4 * 0.1, 0.0, 0.0, 0.0])
    braking = np.zeros(len(path), dtype=bool)
    braking[4] = True
    assert audit_commands(JERKY, trace(path)).jerk == 2
    assert audit_commands(JERKY, trace(path, is_braking=braking)).jerk == 0


def test_without_a_jerk_limit_none_is_counted():
    audit = audit_commands(SPEC, trace(jerky([0.0, 9e-4, -9e-4, 0.0])))
    assert (audit.jerk, audit.jerk_share) == (0, 0.0)
