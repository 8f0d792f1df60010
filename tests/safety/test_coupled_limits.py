"""Limits that couple joints, on the planar arm: two links of 0.2 m, T = 0.01 s, a 10, b 20."""

from dataclasses import replace

import numpy as np
import pytest
from planar_robot import PlanarDynamics, PlanarKinematics, planar_mechanics, planar_spec

from rl_agent.clock import ManualClock
from rl_agent.exceptions import GateError
from rl_agent.kinematics import Mechanics
from rl_agent.safety.approach_speed import ApproachSpeed
from rl_agent.safety.barrier import Barrier
from rl_agent.safety.coupled_limit import CoupledLimit, Rows
from rl_agent.safety.effort_limit import EffortLimit, PowerLimit
from rl_agent.safety.gate import Gate
from rl_agent.safety.limit import Interval, LimitState
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.safety.self_distance_limit import SelfDistanceLimit
from rl_agent.safety.workspace_limit import WorkspaceLimit
from rl_agent.safety.zones import Zones
from rl_agent.spec import PairSpec, SafetySpec, ZoneKind, ZoneSpec
from rl_agent.types import Command, Reason

DT = 0.01
WALL = ZoneSpec(
    name="wall",
    kind=ZoneKind.HALF_SPACE,
    keep="in",
    center_m=(0.25, 0.0, 0.0),
    normal=(-1.0, 0.0, 0.0),
)
FREE = Interval(np.full(2, -10.0), np.full(2, 10.0))


def guarded(**safety):
    return planar_spec(safety=SafetySpec(zone_margin_m=0.0, **safety))


def state(position=(0.5, 1.0), velocity=(0.0, 0.0), previous=(0.0, 0.0)):
    return LimitState(np.array(position), np.array(velocity), np.array(previous))


def tool(joints):
    return PlanarKinematics().tool_position(np.asarray(joints))


def test_a_distance_may_shrink_as_fast_as_half_the_joints_deceleration_can_stop():
    # a = 0.5 * (0.2 * 10 + 0.1 * 10) = 1.5; h = 0.03: 1.5 (-0.01 + sqrt(0.0001 + 0.04)).
    speed = ApproachSpeed(planar_spec(), DT).limit(np.array([0.03]), np.array([[0.2, -0.1]]))
    assert speed == pytest.approx([1.5 * (-0.01 + np.sqrt(0.0001 + 2 * 0.03 / 1.5))])


def test_beyond_a_wall_a_distance_may_not_shrink_at_all():
    speed = ApproachSpeed(planar_spec(), DT).limit(np.array([-0.2]), np.array([[0.2, -0.1]]))
    assert speed == pytest.approx([0.0], abs=1e-15)


def test_the_walls_row_is_its_gradient():
    limit = WorkspaceLimit(guarded(zones=(WALL,)), DT, PlanarKinematics())
    matrix, bound, _ = limit.rows(state())
    # h = 0.25 - x, so -dh/dq = dx/dq, the Jacobian's first line.
    np.testing.assert_allclose(matrix, PlanarKinematics().tool_jacobian([0.5, 1.0])[:1])
    assert bound[0] >= 0.0


def test_a_pairs_row_keeps_its_distance():
    spec = guarded(pairs=(PairSpec(geoms=("a", "b"), distance_m=0.1),))
    mechanics = planar_mechanics()
    matrix, bound, _ = SelfDistanceLimit(spec, DT, mechanics.clearances).rows(state())
    distance, gradient = mechanics.clearances.pair_distances([0.5, 1.0])
    np.testing.assert_allclose(matrix, -gradient)
    # 2 mm more than the profile asks for: the predictive check begins where rows end.
    expected = ApproachSpeed(spec, DT).limit(distance - 0.102, gradient)
    np.testing.assert_allclose(bound, expected)


def effort_spec(**safety):
    spec = guarded(**safety)
    return replace(spec, joints=tuple(replace(j, max_effort=5.0) for j in spec.joints))


def test_efforts_bound_the_next_velocity():
    # tau = 2 (v' - v) / 0.01 + 3 on the first joint: |200 v' - 200 * 0.1 + 3| <= 5
    # gives v' from 0.06 to 0.11; on the second, without 3: 0.075 to 0.125.
    limit = EffortLimit(effort_spec(limit_effort=True), DT, PlanarDynamics())
    matrix, bound, _ = limit.rows(state(velocity=(0.1, 0.1)))
    assert matrix.shape == (4, 2)
    upper, lower = bound[:2] / 200.0, -bound[2:] / 200.0
    np.testing.assert_allclose(upper, [0.11, 0.125])
    np.testing.assert_allclose(lower, [0.06, 0.075])
    np.testing.assert_allclose(matrix, 200.0 * np.concatenate([np.eye(2), -np.eye(2)]))


def test_power_is_effort_times_velocity():
    # v rose by 0.02 in 0.01 s: a = 2, tau = (2 * 2 + 3, 2 * 2).
    limit = PowerLimit(effort_spec(max_power_w=6.0), DT, PlanarDynamics())
    matrix, bound, _ = limit.rows(state(velocity=(0.1, 0.1), previous=(0.08, 0.08)))
    np.testing.assert_allclose(matrix, [[7.0, 4.0]])
    np.testing.assert_allclose(bound, [6.0])


def barrier(*limits):
    return Barrier(limits, 2)


class Given(CoupledLimit):
    """Rows given by hand."""

    reason = Reason.WORKSPACE

    def __init__(self, matrix, bound, distance=None):
        bound = np.array(bound, dtype=float)
        far = np.full(len(bound), np.inf)
        self._rows = Rows(
            np.array(matrix, dtype=float), bound, far if distance is None else distance
        )

    def rows(self, state):
        return self._rows


def test_the_nearest_velocity_that_keeps_the_row_is_chosen():
    # v0 + v1 <= 1 from (1, 1): the foot of the perpendicular is (0.5, 0.5).
    pushed = barrier(Given([[1.0, 1.0]], [1.0])).push(np.ones(2), FREE, state())
    np.testing.assert_allclose(pushed.velocity, [0.5, 0.5], atol=1e-5)
    assert pushed.velocity.sum() <= 1.0
    assert pushed.reasons == (Reason.WORKSPACE,)


def test_what_keeps_all_rows_is_not_touched():
    wanted = np.array([0.3, 0.2])
    pushed = barrier(Given([[1.0, 1.0]], [1.0])).push(wanted, FREE, state())
    assert pushed.velocity is wanted
    assert pushed.reasons == ()


def test_the_intervals_of_single_joints_hold_beside_the_rows():
    narrow = Interval(np.array([0.9, -1.0]), np.array([1.0, 1.0]))
    pushed = barrier(Given([[1.0, 1.0]], [1.0])).push(np.ones(2), narrow, state())
    np.testing.assert_allclose(pushed.velocity, [0.9, 0.1], atol=1e-5)
    assert (pushed.velocity >= narrow.lower).all()


@pytest.mark.parametrize(
    ("matrix", "bound"),
    [
        ([[1.0, 0.0], [-1.0, 0.0]], [-1.0, -1.0]),
        ([[np.nan, 1.0]], [1.0]),
        ([[np.inf, 1.0]], [1.0]),
        ([[1.0, 1.0]], [np.nan]),
    ],
    ids=["impossible", "nan", "infinite", "nan bound"],
)
def test_no_solution_means_brake(matrix, bound):
    pushed = barrier(Given(matrix, bound)).push(np.ones(2), FREE, state())
    assert pushed.velocity is None
    assert Reason.BARRIER in pushed.reasons


def test_just_beyond_a_border_the_way_leads_back():
    # 1 mm beyond at 0.1 s: back at 10 mm/s, so v0 <= -0.01, whatever else is wished for.
    row = Given([[1.0, 0.0]], [0.0], [-0.001])
    pushed = barrier(row).push(np.array([0.5, 0.5]), FREE, state())
    np.testing.assert_allclose(pushed.velocity, [-0.01, 0.5], atol=1e-5)


def test_just_beyond_a_border_nothing_moves_by_itself():
    row = Given([[1.0, 0.0]], [0.0], [-0.001])
    still = np.zeros(2)
    assert barrier(row).push(still, FREE, state()).velocity is still


def test_where_there_is_no_way_back_standing_is_allowed():
    row = Given([[1.0, 0.0]], [0.0], [-0.001])
    narrow = Interval(np.array([-0.005, -1.0]), np.array([1.0, 1.0]))
    pushed = barrier(row).push(np.array([0.5, 0.5]), narrow, state())
    np.testing.assert_allclose(pushed.velocity, [0.0, 0.5], atol=1e-5)


def test_withdrawing_leads_away_from_near_borders_alone():
    # 0.5 mm of 2 mm left: away at 15 mm/s; the far border keeps its bound.
    near = Given([[1.0, 0.0], [0.0, 1.0]], [0.3, 0.4], [0.0005, 0.5])
    guard = barrier(near)
    guard.push(np.array([0.2, 1.0]), FREE, state())
    pushed = guard.withdraw(np.array([0.2, 1.0]), FREE)
    np.testing.assert_allclose(pushed.velocity, [-0.015, 0.4], atol=1e-5)


def test_a_row_without_bound_asks_for_nothing():
    wanted = np.ones(2)
    assert barrier(Given([[1.0, 1.0]], [np.inf])).push(wanted, FREE, state()).velocity is wanted


def drive(spec, targets, *, ticks=150, mechanics=None):
    """Move towards joint targets; return all commands and verdicts."""
    safety_filter = SafetyFilter(spec, mechanics=mechanics or planar_mechanics())
    safety_filter.reset(np.array([0.9, 1.2]))
    verdicts = []
    for target in targets:
        for _ in range(ticks):
            wanted = Command(np.array(target), np.zeros(2))
            verdicts.append(safety_filter.step(wanted))
    return np.array([v.command.position for v in verdicts]), verdicts


CORNERS = [(0.0, 0.0), (1.5, 0.0), (-0.5, 0.3), (0.3, -0.3), (1.0, -1.0), (0.0, 0.2)]


@pytest.mark.parametrize("steps", [0, 30], ids=["rows alone", "with prediction"])
def test_no_target_pulls_the_tool_through_a_wall(steps):
    spec = guarded(zones=(WALL,), prediction_steps=steps)
    positions, verdicts = drive(spec, CORNERS)
    h = Zones(spec.safety.zones).distances(np.array([tool(q) for q in positions]))
    assert h.min() >= -1e-9
    assert h.min() < 0.01  # it was tried
    reasons = {reason for verdict in verdicts for reason in verdict.reasons}
    assert Reason.WORKSPACE in reasons


def test_a_pair_keeps_its_distance_whatever_is_asked():
    spec = guarded(pairs=(PairSpec(geoms=("a", "b"), distance_m=0.1),), prediction_steps=30)
    positions, verdicts = drive(spec, CORNERS)
    distances = [planar_mechanics().clearances.pair_distances(q)[0][0] for q in positions]
    assert min(distances) >= 0.1 - 1e-9
    assert any(Reason.SELF_DISTANCE in verdict.reasons for verdict in verdicts)


def test_limits_of_single_joints_hold_beside_zones():
    spec = guarded(zones=(WALL,), prediction_steps=30)
    positions, _ = drive(spec, CORNERS)
    velocities = np.diff(positions, axis=0) / DT
    accelerations = np.diff(velocities, axis=0) / DT
    assert np.abs(velocities).max() <= 1.5 + 1e-9
    assert np.abs(accelerations).max() <= 20.0 + 1e-6  # braking is allowed to use b


def test_efforts_stay_within_what_motors_have():
    # Inertia 2, gravity 3 of 23: accelerations up to 10 in one direction, 13 in the other.
    spec = guarded(limit_effort=True)
    spec = replace(spec, joints=tuple(replace(j, max_effort=13.0) for j in spec.joints))
    positions, verdicts = drive(spec, CORNERS)
    start = np.array([[0.9, 1.2], [0.9, 1.2]])
    path = np.concatenate([start, positions])
    efforts = 2.0 * np.diff(path, n=2, axis=0) / DT**2 + np.array([3.0, 0.0])
    assert np.abs(efforts).max() <= 13.0 + 1e-6
    assert any(Reason.EFFORT in verdict.reasons for verdict in verdicts)


def test_from_outside_a_zone_the_tool_comes_back_in():
    spec = guarded(zones=(WALL,), prediction_steps=30)
    safety_filter = SafetyFilter(spec, mechanics=planar_mechanics())
    safety_filter.reset(np.array([0.0, 0.3]))  # x = 0.39, far beyond 0.25
    xs = [tool([0.0, 0.3])[0]]
    for _ in range(300):
        verdict = safety_filter.step(Command(np.array([0.9, 1.2]), np.zeros(2)))
        xs.append(tool(verdict.command.position)[0])
    assert xs[-1] <= 0.25
    assert np.diff(xs).max() <= 1e-9  # never further out


class Blind(PlanarKinematics):
    """A model that computes nonsense."""

    def tool_motion(self, position):
        return np.full(3, np.nan), np.full((3, 2), np.nan)


def test_a_model_that_computes_nonsense_brakes_and_never_moves_on():
    spec = guarded(zones=(WALL,))
    mechanics = replace(planar_mechanics(), kinematics=Blind())
    positions, verdicts = drive(spec, [(0.0, 0.0)], mechanics=mechanics)
    assert np.isfinite(positions).all()
    np.testing.assert_array_equal(positions[-1], [0.9, 1.2])
    assert all(Reason.BARRIER in verdict.reasons for verdict in verdicts)


def test_shares_say_who_changed_how_much():
    spec = guarded(zones=(WALL,))
    _, verdicts = drive(spec, [(0.0, 0.0)])
    shared = [v.shares[Reason.WORKSPACE] for v in verdicts if Reason.WORKSPACE in v.reasons]
    assert shared
    assert min(shared) > 0.0


@pytest.mark.parametrize(
    ("safety", "key"),
    [
        ({"zones": (WALL,)}, "zones"),
        ({"pairs": (PairSpec(geoms=("a", "b"), distance_m=0.1),)}, "pairs"),
        ({"limit_effort": True}, "limit_effort"),
        ({"max_power_w": 10.0}, "max_power_w"),
        ({"prediction_steps": 20}, "prediction_steps"),
    ],
)
def test_a_gate_without_the_model_it_needs_is_refused(safety, key):
    with pytest.raises(GateError, match=key):
        Gate(guarded(**safety), ManualClock(), Mechanics())
