"""A command counts only if the robot could still stop inside everything behind it."""

import numpy as np
import pytest
from planar_robot import PlanarPredictor, planar_spec

from rl_agent.kinematics import Rollout
from rl_agent.safety.horizon_limit import HorizonLimit
from rl_agent.safety.limit import LimitState
from rl_agent.safety.predictive_check import PredictiveCheck
from rl_agent.spec import PairSpec, SafetySpec, ZoneKind, ZoneSpec

DT = 0.01
START, REST = np.array([0.5, 1.0]), np.zeros(2)


class Saying:
    """A predictor that answers what it was given, and keeps the question."""

    def __init__(self, **rows):
        self.rows = rows

    def state_at(self, position, velocity):
        return np.concatenate([position, velocity])

    def predict(self, state, commands):
        self.asked = state, commands.copy()
        count = len(commands)
        values = {
            "position": np.tile(START, (count, 1)),
            "tool_position": np.zeros((count, 3)),
            "pair_distances": np.zeros((count, 0)),
            "states": np.arange(count)[:, None] + commands,
        }
        return Rollout(**(values | self.rows))


def check(predictor, steps=20, **safety):
    spec = planar_spec(safety=SafetySpec(prediction_steps=steps, zone_margin_m=0.0, **safety))
    return PredictiveCheck(spec, DT, predictor)


def test_the_candidate_and_the_whole_brake_are_asked_for():
    predictor = Saying()
    assert check(predictor).accepts(START, np.array([1.0, -0.5]))
    commands = predictor.asked[1]
    assert commands.shape == (20, 2)
    # b T = 0.2: 1, 0.8, 0.6, 0.4, 0.2, 0 and -0.5, -0.3, -0.1, 0.
    speeds = np.diff(np.concatenate([START[None], commands]), axis=0) / DT
    np.testing.assert_allclose(speeds[:7, 0], [1.0, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(speeds[:5, 1], [-0.5, -0.3, -0.1, 0.0, 0.0], atol=1e-12)


def test_what_cannot_stop_within_the_horizon_is_not_accepted():
    # 20 rows: the start, 19 commands of which the last is not seen, 5 to settle: 13 to stop in.
    checked = check(Saying())
    np.testing.assert_allclose(checked.stoppable_speed, 13 * 0.2)
    assert checked.accepts(START, np.array([2.6, 0.0]))
    assert not checked.accepts(START, np.array([2.61, 0.0]))


def test_the_horizon_bounds_the_speed_and_never_asks_for_hard_braking():
    spec = planar_spec(safety=SafetySpec(prediction_steps=10))
    limit = HorizonLimit(spec, DT, PredictiveCheck(spec, DT, Saying()))
    slow = limit.interval(LimitState(START, REST, REST))
    np.testing.assert_allclose(slow.upper, 3 * 0.2)
    fast = limit.interval(LimitState(START, np.array([1.0, -1.0]), REST))
    np.testing.assert_allclose(fast.upper, 0.9)  # 1 - a T
    np.testing.assert_allclose(fast.lower, -0.9)


@pytest.mark.parametrize(
    ("later", "is_accepted"), [(2.02, True), (2.021, False), (-2.02, True), (-2.021, False)]
)
def test_joints_stay_within_their_hard_limits(later, is_accepted):
    # Hard limits +-2, and 0.02 for a servo's overshoot.
    path = np.tile(START, (20, 1))
    path[7, 1] = later
    assert check(Saying(position=path)).accepts(START, REST) is is_accepted


TABLE = ZoneSpec(name="table", kind=ZoneKind.HALF_SPACE, keep="in")


@pytest.mark.parametrize(
    ("first", "later", "is_accepted"),
    [
        (0.5, 0.0, True),
        (0.5, -0.001, False),
        (-0.2, -0.2, True),
        (-0.2, -0.1, True),
        (-0.2, -0.201, False),
        (0.5, np.nan, False),
        (0.5, -np.inf, False),
    ],
)
def test_zones_hold_and_outside_only_the_way_back_is_open(first, later, is_accepted):
    tools = np.zeros((20, 3))
    tools[:, 2] = later
    tools[0, 2] = first
    checked = check(Saying(tool_position=tools), zones=(TABLE,))
    assert checked.accepts(START, REST) is is_accepted


@pytest.mark.parametrize(("later", "is_accepted"), [(0.1, True), (0.0999, False)])
def test_pairs_keep_their_distance(later, is_accepted):
    distances = np.full((20, 1), 0.3)
    distances[-1] = later
    checked = check(
        Saying(pair_distances=distances), pairs=(PairSpec(geoms=("a", "b"), distance_m=0.1),)
    )
    assert checked.accepts(START, REST) is is_accepted


def test_a_faithful_model_sees_the_wall_in_time():
    # The tool at (0.25, 0.15..) moving outwards: x grows by 0.2 |sin| per rad.
    wall = ZoneSpec(
        name="wall",
        kind=ZoneKind.HALF_SPACE,
        keep="in",
        center_m=(0.3, 0.0, 0.0),
        normal=(-1.0, 0.0, 0.0),
    )
    checked = check(PlanarPredictor(), steps=30, zones=(wall,))
    start = np.array([0.6, 0.9])
    checked.restart(start, REST)
    # x = 0.2 (cos 0.6 + cos 1.5) = 0.179: room for 0.121 m; turning back by 0.05 rad is harmless.
    assert checked.accepts(start, np.array([-1.0, 0.0]))
    near = np.array([0.1, 0.98])
    checked.restart(near, REST)
    # x = 0.2 (cos 0.1 + cos 1.08) = 0.2933: 1.5 rad/s needs 0.056 rad to stop, x' = 0.196 m/rad.
    assert checked.accepts(near, np.array([0.0, 0.0]))
    assert not checked.accepts(near, np.array([-1.5, 0.0]))


def test_the_model_goes_on_from_where_it_was():
    predictor = Saying()
    checked = check(predictor)
    checked.restart(START, REST)
    assert checked.accepts(START, np.array([1.0, 0.0]))
    np.testing.assert_array_equal(predictor.asked[0], [0.5, 1.0, 0.0, 0.0])
    plan = np.arange(20)[:, None] + predictor.asked[1]
    # Asked about, but not sent: the next question begins at the same state.
    checked.accepts(START, REST)
    np.testing.assert_array_equal(predictor.asked[0], [0.5, 1.0, 0.0, 0.0])
    checked.accepts(START, np.array([1.0, 0.0]))
    checked.follow()
    # Two ticks of braking go along the plan that was accepted, whatever is asked meanwhile.
    for row in (0, 1, 2):
        checked.accepts(START, np.array([0.1, 0.0]))
        np.testing.assert_array_equal(predictor.asked[0], plan[row])
        checked.brake()


def test_braking_stays_at_the_plans_end():
    predictor = Saying()
    checked = check(predictor)
    assert checked.accepts(START, REST)
    checked.follow()
    plan = np.arange(20)[:, None] + predictor.asked[1]
    for _ in range(50):
        checked.brake()
    checked.accepts(START, REST)
    np.testing.assert_array_equal(predictor.asked[0], plan[-1])


def test_a_saved_check_answers_the_same():
    first, second = check(Saying()), check(Saying())
    first.accepts(START, np.array([1.0, 0.0]))
    first.follow()
    first.brake()
    second.set_state(first.get_state())
    first.accepts(START, REST)
    second.accepts(START, REST)
    np.testing.assert_array_equal(first._predictor.asked[0], second._predictor.asked[0])
