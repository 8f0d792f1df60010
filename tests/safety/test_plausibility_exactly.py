"""Readings that can be true, at the edges. `a`: limits +-1.1 m, v_max 1; `slower`: v_max 0.5.

Readings come at 100 Hz: 1.5 * 1 * 0.01 + 0.01 = 0.025 m may lie between two of `a`, 0.0175 m
between two of `slower`.
"""

import math

import numpy as np
import pytest
from monitor_rig import axis, robot, swing

from rl_agent.safety.plausibility import Plausibility, circles, shortest_way
from rl_agent.types import Measurement

SPEC = robot(swing(), axis("a"), axis("slower", max_velocity=0.5), state_hz=100.0)
REST = (0.0, 0.0, 0.0)


def reading(stamp_s, position, velocity=REST):
    return Measurement(stamp_s, np.array(position), np.array(velocity))


def problem(position, velocity=REST, *, before=REST, elapsed_s=0.01, gap_s=None):
    new, believed = reading(5.0 + elapsed_s, position, velocity), reading(5.0, before)
    return Plausibility(SPEC).problem(new, believed, elapsed_s if gap_s is None else gap_s)


@pytest.mark.parametrize(
    ("velocity", "words"),
    [
        ((2.0, -2.0, 1.0), ""),
        ((-2.0, 2.0, -1.0), ""),
        ((0.0, 2.1, 0.0), "a reads a speed of 2.1"),
        ((0.0, -2.1, 0.0), "a reads a speed of -2.1"),
        ((0.0, 0.5, 1.1), "slower reads a speed of 1.1"),
        ((0.0, 0.5, -1.1), "slower reads a speed of -1.1"),
        # The one furthest beyond its own limit.
        ((0.0, 2.1, -1.2), "slower reads a speed of -1.2"),
        ((-2.3, 2.1, -1.2), "swing reads a speed of -2.3"),
    ],
)
def test_no_joint_is_twice_as_fast_as_its_limit(velocity, words):
    assert problem(REST, velocity) == words


@pytest.mark.parametrize(
    ("position", "words"),
    [
        # A tenth of the range of 2.2 is borne: 1.1 + 0.22.
        ((0.0, 1.31, -1.31), ""),
        ((0.0, -1.31, 1.31), ""),
        ((0.0, 1.33, 0.0), "a reads 1.330, far outside its limits"),
        ((0.0, -1.33, 0.0), "a reads -1.330, far outside its limits"),
        ((0.0, 1.33, -1.34), "slower reads -1.340, far outside its limits"),
        ((0.0, 1.33, 1.34), "slower reads 1.340, far outside its limits"),
        # What turns endlessly has no end.
        ((1000.0, 0.0, 0.0), ""),
    ],
)
def test_no_joint_is_far_outside_its_limits(position, words):
    assert problem(position, before=position) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((0.024, -0.024, 0.017), ""),
        ((0.0, 0.026, 0.0), "a jumped by 0.026"),
        ((0.0, -0.026, 0.0), "a jumped by 0.026"),
        ((0.0, 0.02, -0.018), "slower jumped by 0.018"),
        ((0.0, 0.026, -0.03), "slower jumped by 0.030"),
        ((-0.2, 0.026, -0.03), "swing jumped by 0.200"),
        ((math.tau + 0.02, 0.0, 0.0), ""),
        ((math.tau + 0.03, 0.0, 0.0), "swing jumped by 0.030"),
    ],
)
def test_no_joint_jumps(change, words):
    before = np.array([1.0, 0.5, -0.5])
    assert problem(before + np.array(change), before=before) == words


@pytest.mark.parametrize(
    ("elapsed_s", "gap_s", "borne"),
    [
        # Coarse stamps: one period is given at least, 1.5 * 0.01 + 0.01.
        (0.001, 0.001, 0.025),
        (-0.5, -0.5, 0.025),
        (0.03, 0.03, 0.055),
        # While readings come, 20 ms count or the gap.
        (0.2, 0.01, 0.04),
        (0.2, 0.02, 0.04),
        (0.2, 0.1, 0.16),
        (0.2, 0.5, 0.31),
    ],
)
def test_what_time_allows(elapsed_s, gap_s, borne):
    times = {"elapsed_s": elapsed_s, "gap_s": gap_s}
    assert problem((0.0, borne - 1e-4, 0.0), **times) == ""
    assert problem((0.0, borne + 1e-4, 0.0), **times).startswith("a jumped")


@pytest.mark.parametrize(
    ("change", "expected"),
    [(3.0, 3.0), (3.2, 3.2 - math.tau), (-3.2, math.tau - 3.2), (20.0, 20.0 - 3 * math.tau)],
)
def test_the_shortest_way_is_at_most_half_a_turn(change, expected):
    endless = circles((swing(), axis("a")))
    assert list(endless) == [True, False]
    way = shortest_way(np.array([change, change]), endless)
    assert list(way) == pytest.approx([expected, change])


def test_where_nothing_turns_every_way_is_its_own():
    assert circles((axis("a"), axis("b"))) is None
    change = np.array([9.0, -9.0])
    assert shortest_way(change, None) is change
