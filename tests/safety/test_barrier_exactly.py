"""The quadratic programme at its edges; rows bound the first joint's velocity, v0 <= b."""

import daqp
import numpy as np
import pytest

from rl_agent.safety.barrier import Barrier
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.limit import Interval, LimitState
from rl_agent.types import Reason

FREE = Interval(np.full(2, -10.0), np.full(2, 10.0))
STATE = LimitState(np.zeros(2), np.zeros(2), np.zeros(2))
WANTED = np.array([0.5, 0.3])
# BAND_M / RETURN_S: 2 mm in 0.1 s.
FASTEST_BACK = 0.02


class Given(CoupledLimit):
    """Rows given by hand, far from their border unless told otherwise."""

    def __init__(self, matrix, bound, distance=None, reason=Reason.WORKSPACE):
        bound = np.array(bound, dtype=float)
        far = np.full(len(bound), 9.0)
        distance = far if distance is None else np.array(distance, dtype=float)
        self._rows = Rows(np.array(matrix, dtype=float), bound, distance)
        self.reason = reason

    def rows(self, state):
        return self._rows


def wall(bound=0.0, distance=9.0, **more):
    return Given([[1.0, 0.0]], [bound], [distance], **more)


def push(*limits, wanted=WANTED, allowed=FREE):
    return Barrier(limits, 2).push(wanted, allowed, STATE)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(9.0, 0.1), (0.0, 0.1), (-0.001, 0.09), (-0.002, 0.08), (-0.5, 0.1 - FASTEST_BACK)],
)
def test_from_beyond_a_border_it_leads_back_at_a_speed_that_fades(distance, expected):
    pushed = push(wall(0.1, distance))
    np.testing.assert_allclose(pushed.velocity, [expected, 0.3], atol=1e-5)
    assert pushed.velocity[0] <= expected
    assert pushed.reasons == (Reason.WORKSPACE,)


def test_where_leading_back_is_impossible_not_going_on_will_do():
    # 0.005 - 0.02 is below what the joint can do, 0.005 is not.
    allowed = Interval(np.array([0.0, -10.0]), np.full(2, 10.0))
    pushed = push(wall(0.005, -0.5), allowed=allowed)
    np.testing.assert_allclose(pushed.velocity, [0.005, 0.3], atol=1e-5)


def test_where_neither_is_possible_it_brakes():
    allowed = Interval(np.array([0.4, -10.0]), np.full(2, 10.0))
    pushed = push(wall(0.1), allowed=allowed)
    assert pushed.velocity is None
    assert pushed.reasons == (Reason.BARRIER, Reason.WORKSPACE)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(0.0, -0.02), (0.0005, -0.015), (0.0019, -0.001), (0.002, 0.1), (9.0, 0.1), (-0.5, -0.02)],
)
def test_withdrawing_leads_away_from_near_borders(distance, expected):
    barrier = Barrier((wall(0.1, distance),), 2)
    barrier.push(WANTED, FREE, STATE)
    withdrawn = barrier.withdraw(WANTED, FREE)
    np.testing.assert_allclose(withdrawn.velocity, [expected, 0.3], atol=1e-5)
    assert withdrawn.velocity[0] <= expected


def test_what_keeps_its_row_exactly_is_not_touched():
    assert push(wall(0.5)).velocity is WANTED


def test_only_those_that_change_something_are_named_and_each_once():
    harmless = wall(0.9, reason=Reason.EFFORT)
    asks, asks_more = wall(0.2, reason=Reason.WORKSPACE), wall(0.1, reason=Reason.WORKSPACE)
    other = wall(0.3, reason=Reason.SELF_DISTANCE)
    pushed = push(harmless, asks, asks_more, other)
    assert pushed.reasons == (Reason.WORKSPACE, Reason.SELF_DISTANCE)
    assert pushed.velocity[0] == pytest.approx(0.1, abs=1e-5)


def test_one_row_of_many_is_enough_to_be_named():
    pushed = push(Given([[0.0, 1.0], [1.0, 0.0]], [0.9, 0.1]))
    assert pushed.reasons == (Reason.WORKSPACE,)
    np.testing.assert_allclose(pushed.velocity, [0.1, 0.3], atol=1e-5)


@pytest.mark.parametrize("length", [1e-3, 1.0, 1e3])
def test_the_length_of_a_row_changes_nothing(length):
    pushed = push(Given([[length, 0.0]], [0.1 * length]))
    assert 0.1 - 4e-6 <= pushed.velocity[0] <= 0.1


def test_slanted_rows_are_kept_exactly():
    # The foot of (0.5, 0.3) on 3 v0 - 4 v1 = -1: 0.3 * ... = (0.5, 0.3) - 1.3 / 25 * (3, -4).
    pushed = push(Given([[3.0, -4.0]], [-1.0]))
    np.testing.assert_allclose(pushed.velocity, [0.344, 0.508], atol=1e-5)
    assert 3.0 * pushed.velocity[0] - 4.0 * pushed.velocity[1] <= -1.0


def test_a_row_that_no_joint_can_change_disturbs_no_other():
    pushed = push(Given([[0.0, 0.0], [1.0, 0.0]], [1.0, 0.1]))
    np.testing.assert_allclose(pushed.velocity, [0.1, 0.3], atol=1e-5)


def test_a_row_that_no_joint_can_change_and_that_does_not_hold_brakes():
    assert push(Given([[0.0, 0.0]], [-1.0])).velocity is None


def test_an_infinite_bound_beside_another_asks_for_nothing():
    pushed = push(Given([[0.0, 1.0], [1.0, 0.0]], [np.inf, 0.1]))
    np.testing.assert_allclose(pushed.velocity, [0.1, 0.3], atol=1e-5)


@pytest.mark.parametrize(
    ("matrix", "bound"),
    [
        ([[np.nan, 0.0], [1.0, 0.0]], [0.1, 0.1]),
        ([[1.0, 0.0], [0.0, np.inf]], [0.1, 0.1]),
        ([[1.0, 0.0], [0.0, 1.0]], [0.9, np.nan]),
        ([[1.0, 0.0], [0.0, 1.0]], [np.nan, 0.9]),
    ],
)
def test_one_number_that_is_none_is_enough_to_brake(matrix, bound):
    pushed = push(Given(matrix, bound))
    assert pushed.velocity is None
    assert pushed.reasons == (Reason.BARRIER,)


def answering(monkeypatch, solution, status):
    monkeypatch.setattr(daqp, "solve", lambda *problem: (np.array(solution), 0.0, status, {}))


@pytest.mark.parametrize("solution", [[np.nan, 0.0], [0.0, np.inf]])
def test_a_solver_that_answers_no_number_is_not_believed(monkeypatch, solution):
    answering(monkeypatch, solution, 1)
    assert push(wall(0.1)).velocity is None


def test_the_solver_is_given_no_infinite_number(monkeypatch):
    given = []

    def solve(*problem):
        given.extend(problem)
        return np.array([0.05, 0.3]), 0.0, 1, {}

    monkeypatch.setattr(daqp, "solve", solve)
    push(Given([[0.0, 1.0], [1.0, 0.0]], [np.inf, 0.1]))
    assert len(given) == 6
    assert all(np.isfinite(part).all() for part in given)


@pytest.mark.parametrize("status", [-1, -4, 0, 2])
def test_a_solver_that_says_it_failed_is_believed(monkeypatch, status):
    answering(monkeypatch, [0.05, 0.3], status)
    assert push(wall(0.1)).velocity is None


def test_a_solution_that_breaks_a_row_is_not_believed(monkeypatch):
    answering(monkeypatch, [0.11, 0.3], 1)
    assert push(wall(0.1)).velocity is None
    answering(monkeypatch, [0.05, 0.11], 1)
    assert push(Given([[1.0, 0.0], [0.0, 1.0]], [0.1, 0.1])).velocity is None


@pytest.mark.parametrize(
    ("solution", "expected"), [([0.05, 10.5], [0.05, 10.0]), ([-10.5, 0.0], [-10.0, 0.0])]
)
def test_a_solution_beyond_a_joints_interval_is_brought_back(monkeypatch, solution, expected):
    answering(monkeypatch, solution, 1)
    np.testing.assert_array_equal(push(wall(0.1)).velocity, expected)
