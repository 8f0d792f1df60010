"""The predictive check at its edges: which question is asked, and which answers are accepted."""

from dataclasses import replace

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.kinematics import Rollout
from rl_agent.safety.horizon_limit import HorizonLimit
from rl_agent.safety.limit import LimitState
from rl_agent.safety.predictive_check import PredictiveCheck
from rl_agent.spec import ControllerSpec, ControllerType, PairSpec, SafetySpec

DT, STEPS = 0.01, 20
START, REST = np.array([0.5, 1.0]), np.zeros(2)


class Saying:
    """Answers what it was given, and keeps the questions."""

    def __init__(self, **rows):
        self.rows, self.states, self.commands = rows, [], []

    def state_at(self, position, velocity):
        return np.concatenate([position, velocity])

    def predict(self, state, commands):
        self.states.append(np.array(state))
        self.commands.append(commands.copy())
        count = len(commands)
        values = {
            "position": np.tile(START, (count, 1)),
            "tool_position": np.zeros((count, 3)),
            "pair_distances": np.zeros((count, 0)),
            "states": np.arange(count, dtype=float)[:, None] + np.zeros((1, 4)),
        }
        return Rollout(**(values | self.rows))


def check(predictor, **changes):
    safety = SafetySpec(prediction_steps=STEPS, zone_margin_m=0.0, **changes.pop("safety", {}))
    return PredictiveCheck(planar_spec(safety=safety, **changes), DT, predictor)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("speed", "is_seen"), [(2.6, True), (2.6 + 5e-10, True), (2.6 + 2e-9, False), (9.0, False)]
)
def test_a_speed_is_seen_through_up_to_the_horizon_in_both_directions(sign, speed, is_seen):
    # 20 rows: the start, 19 commands of which the last is not seen, 5 to settle: 13 b T = 2.6.
    assert check(Saying()).accepts(START, np.array([0.0, sign * speed])) is is_seen


def test_a_short_horizon_sees_no_motion_through():
    spec = planar_spec(safety=SafetySpec(prediction_steps=4))
    assert (PredictiveCheck(spec, DT, Saying()).stoppable_speed == 0.0).all()


def paths(row, joint, value):
    path = np.tile(START, (STEPS, 1))
    path[row, joint] = value
    return path


@pytest.mark.parametrize("joint", [0, 1])
@pytest.mark.parametrize("value", [np.nan, 2.03, -2.03, np.inf, -np.inf])
def test_one_joint_outside_in_one_row_is_enough(joint, value):
    assert not check(Saying(position=paths(9, joint, value))).accepts(START, REST)


@pytest.mark.parametrize(("excess", "is_accepted"), [(0.0, True), (5e-10, True), (2e-9, False)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_rounding_breaks_no_limit(sign, excess, is_accepted):
    path = paths(9, 0, sign * (2.02 + excess))
    assert check(Saying(position=path)).accepts(START, REST) is is_accepted


def test_from_outside_a_limit_only_the_way_back_is_open():
    for later, is_accepted in ((2.5, True), (2.3, True), (2.501, False)):
        path = np.tile(np.array([2.5, 1.0]), (STEPS, 1))
        path[5:, 0] = later
        assert check(Saying(position=path)).accepts(START, REST) is is_accepted


def test_one_pair_too_near_in_one_row_is_enough():
    pairs = (PairSpec(geoms=("a", "b"), distance_m=0.1), PairSpec(geoms=("a", "c"), distance_m=0.2))
    near = np.full((STEPS, 2), 0.5)
    near[7, 1] = 0.19
    assert not check(Saying(pair_distances=near), safety={"pairs": pairs}).accepts(START, REST)
    near[7, 1] = 0.2
    assert check(Saying(pair_distances=near), safety={"pairs": pairs}).accepts(START, REST)


def test_a_velocity_controller_is_asked_with_velocities():
    controller = ControllerSpec(type=ControllerType.FORWARD_VELOCITY, name="c", timeout_ms=50.0)
    predictor = Saying()
    check(predictor, controller=controller).accepts(START, np.array([0.5, -0.3]))
    np.testing.assert_allclose(predictor.commands[0][:4, 0], [0.5, 0.3, 0.1, 0.0], atol=1e-12)
    np.testing.assert_allclose(predictor.commands[0][:3, 1], [-0.3, -0.1, 0.0], atol=1e-12)


def test_the_model_starts_where_it_was_restarted():
    predictor = Saying()
    checked = check(predictor)
    checked.restart(np.array([0.1, 0.2]), np.array([0.3, 0.4]))
    checked.accepts(START, REST)
    np.testing.assert_array_equal(predictor.states[0], [0.1, 0.2, 0.3, 0.4])


def test_after_following_it_starts_at_the_plans_first_row_and_braking_goes_along_it():
    predictor = Saying()
    checked = check(predictor)
    checked.accepts(START, REST)
    checked.follow()
    for expected in (0.0, 1.0, 2.0):
        checked.accepts(START, REST)
        assert predictor.states[-1][0] == expected
        checked.brake()


def test_past_the_plans_end_its_last_row_counts():
    predictor = Saying()
    checked = check(predictor)
    checked.accepts(START, REST)
    checked.follow()
    for _ in range(3 * STEPS):
        checked.brake()
    checked.accepts(START, REST)
    assert predictor.states[-1][0] == STEPS - 1


def test_a_check_goes_on_where_it_was_saved():
    predictor = Saying()
    checked, other = check(predictor), check(predictor)
    checked.accepts(START, REST)
    checked.follow()
    checked.brake()
    other.set_state(checked.get_state())
    other.accepts(START, REST)
    assert predictor.states[-1][0] == 1.0


@pytest.mark.parametrize(("velocity", "expected"), [(-1.0, 0.9), (1.0, 0.9), (0.0, 0.6)])
def test_the_horizon_limit_slows_alike_in_both_directions(velocity, expected):
    # 10 rows: 3 b T = 0.6; from 1, one tick of a leaves 0.9.
    spec = planar_spec(safety=SafetySpec(prediction_steps=10))
    limit = HorizonLimit(spec, DT, PredictiveCheck(spec, DT, Saying()))
    speed = np.array([velocity, 0.0])
    lower, upper = limit.interval(LimitState(START, speed, speed))
    np.testing.assert_allclose(upper, [expected, 0.6])
    np.testing.assert_allclose(lower, [-expected, -0.6])


def test_only_command_joints_are_looked_at():
    spec = planar_spec(safety=SafetySpec(prediction_steps=STEPS))
    passive = replace(spec.joints[0], name="swings", is_actuated=False)
    spec = replace(spec, joints=(passive, *spec.joints))
    wild = np.concatenate([np.full((STEPS, 1), 99.0), np.tile(START, (STEPS, 1))], axis=1)
    assert PredictiveCheck(spec, DT, Saying(position=wild)).accepts(START, REST)
