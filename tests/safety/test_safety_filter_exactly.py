"""The filter with all that it may consist of, by hand.

The planar arm: T = 0.01, v_max 1.5, a 10, brake 20, soft limits -1.9 and 1.9 on both joints.
"""

from dataclasses import replace

import numpy as np
import pytest
from planar_robot import planar_spec
from safety_rig import rail

from rl_agent.kinematics import Mechanics, Rollout
from rl_agent.safety.approach import Outlook
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.spec import SafetySpec, ZoneKind, ZoneSpec
from rl_agent.types import Command, Reason

DT = 0.01
# The first joint is to stay below 1: rows keep 2 mm more than is asked for.
WALL = ZoneSpec(
    name="wall",
    kind=ZoneKind.HALF_SPACE,
    keep="in",
    center_m=(1.002, 0.0, 0.0),
    normal=(-1.0, 0.0, 0.0),
)


class Slide:
    """A tool that moves along x as the first joint does."""

    def tool_motion(self, position):
        jacobian = np.zeros((3, 2))
        jacobian[0, 0] = 1.0
        return np.array([position[0], 0.0, 0.0]), jacobian


class Nonsense:
    def tool_motion(self, position):
        return np.full(3, np.nan), np.full((3, 2), np.nan)


class Oracle:
    """Accepts or refuses in this order, and keeps the states from which it was asked."""

    def __init__(self, *answers):
        self.answers, self.states = list(answers), []

    def state_at(self, position, velocity):
        return np.array([-1.0])

    def predict(self, state, commands):
        self.states.append(float(state[0]))
        count = len(commands)
        place = 0.0 if self.answers.pop(0) else 99.0
        return Rollout(
            position=np.full((count, 2), np.linspace(0.0, place, count)[:, None]),
            tool_position=np.zeros((count, 3)),
            pair_distances=np.zeros((count, 0)),
            states=np.arange(count, dtype=float)[:, None],
        )


def arm(*answers, kinematics=None, position=(0.0, 0.0), velocity=(0.0, 0.0)):
    """A filter in motion; with answers it looks ahead, with kinematics it minds the wall."""
    oracle = Oracle(*answers) if answers else None
    safety = SafetySpec(
        zones=(WALL,) if kinematics else (),
        zone_margin_m=0.0,
        prediction_steps=30 if answers else 0,
    )
    mechanics = Mechanics(kinematics=kinematics, predictor=oracle)
    safety_filter = SafetyFilter(planar_spec(safety=safety), mechanics=mechanics)
    speed = np.array(velocity)
    state = safety_filter.get_state() | {"position": np.array(position)}
    safety_filter.set_state(state | {"velocity": speed, "previous_velocity": speed})
    return safety_filter, oracle


def ask(safety_filter, *velocity, **more):
    """Ask for these velocities, which should be kept."""
    velocity = np.array(velocity)
    return safety_filter.step(Command(safety_filter.position + velocity * DT, velocity), **more)


def test_a_given_period_counts_instead_of_the_profiles():
    safety_filter = SafetyFilter(rail(), 0.02)
    # One tick of 10 m/s2 is 0.2 m/s, and 4 mm.
    verdict = safety_filter.step(Command(np.array([0.1]), np.zeros(1)))
    assert verdict.command.velocity[0] == pytest.approx(0.2)
    assert verdict.command.position[0] == pytest.approx(0.004)


@pytest.mark.parametrize(
    ("velocity", "is_at_rest"), [((0, 0), True), ((0.1, 0), False), ((0, -0.1), False)]
)
def test_a_robot_is_at_rest_when_all_joints_are(velocity, is_at_rest):
    assert arm(velocity=velocity)[0].is_at_rest is is_at_rest


def test_a_motion_is_slowed_where_its_end_comes_near():
    safety_filter, _ = arm(velocity=(0.4, 0.0))
    # sqrt(2 * 10 * 0.008) - 0.05 = 0.35 rad/s still arrives.
    outlook = Outlook(np.full(2, -1.0), np.array([0.008, 1.0]), np.zeros(2))
    verdict = ask(safety_filter, 0.45, 0.0, outlook=outlook)
    np.testing.assert_allclose(verdict.command.velocity, [0.35, 0.0])
    assert verdict.shares == {Reason.ACCELERATION: pytest.approx(0.1)}


def test_what_is_less_than_noticeable_on_every_joint_is_no_limits_doing():
    # One tick of acceleration is 0.1.
    safety_filter, _ = arm()
    assert ask(safety_filter, 0.1 + 8e-10, 0.1 + 8e-10).shares == {}
    safety_filter, _ = arm()
    assert ask(safety_filter, 0.1 + 2e-9, 0.1).shares == {
        Reason.ACCELERATION: pytest.approx(2e-9, rel=1e-3)
    }


def test_the_largest_speed_backwards_has_its_owner_too():
    safety_filter, _ = arm(velocity=(-1.45, 0.0))
    verdict = ask(safety_filter, -1.54, 0.0)
    assert verdict.command.velocity[0] == -1.5
    assert verdict.shares == {Reason.VELOCITY: pytest.approx(0.04)}


def test_only_the_velocity_limit_is_the_start_ramps():
    safety_filter, _ = arm()
    # 0.1 for acceleration, and 0.05 * 1.5 for the ramp.
    assert ask(safety_filter, 0.3, 0.0, speed_scale=0.5).reasons == Reason.ACCELERATION
    safety_filter, _ = arm()
    assert ask(safety_filter, 0.3, 0.0, speed_scale=0.05).shares == {
        Reason.START_RAMP: pytest.approx(0.225)
    }


def test_a_share_above_one_is_the_whole_speed():
    safety_filter, _ = arm(velocity=(1.45, 0.0))
    assert ask(safety_filter, 1.6, 0.0, speed_scale=2.0).command.velocity[0] == 1.5


def test_one_number_that_is_none_is_enough_to_brake():
    safety_filter, _ = arm(velocity=(0.3, 0.3))
    verdict = ask(safety_filter, 0.3, np.nan)
    assert verdict.reasons == Reason.NON_FINITE
    np.testing.assert_allclose(verdict.command.velocity, [0.1, 0.1])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_braking_stops_at_a_soft_limit_however_suddenly(sign):
    safety_filter, _ = arm(position=(1.9 * sign, 0.0), velocity=(0.5 * sign, 0.5 * sign))
    np.testing.assert_allclose(safety_filter.brake().command.velocity, [0.0, 0.3 * sign])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_a_wall_takes_away_counts_positively(sign):
    # At the wall none of the 0.05 towards it is allowed, and all along it.
    safety_filter, _ = arm(kinematics=Slide(), position=(1.0, 0.0), velocity=(0.0, 0.05 * sign))
    verdict = ask(safety_filter, 0.05, 0.05 * sign)
    np.testing.assert_allclose(verdict.command.velocity, [0.0, 0.05 * sign], atol=1e-5)
    assert verdict.shares == {Reason.WORKSPACE: pytest.approx(0.05, abs=1e-5)}


def test_what_is_accepted_is_done():
    safety_filter, _ = arm(True)
    verdict = ask(safety_filter, 0.05, -0.05)
    np.testing.assert_allclose(verdict.command.velocity, [0.05, -0.05])
    assert verdict.reasons is Reason.NONE


def test_what_is_refused_is_slowed_gently():
    safety_filter, oracle = arm(False, True, velocity=(0.5, -0.5))
    verdict = ask(safety_filter, 0.55, -0.55)
    np.testing.assert_allclose(verdict.command.velocity, [0.4, -0.4])
    assert verdict.shares == {Reason.PREDICTION: pytest.approx(0.3)}
    assert not verdict.is_braking
    assert oracle.answers == []


def test_slowing_gently_keeps_what_the_joints_are_allowed():
    # At the soft limit nothing may go on.
    safety_filter, _ = arm(False, True, position=(1.9, 0.0), velocity=(0.5, 0.0))
    np.testing.assert_allclose(ask(safety_filter, -0.5, 0.0).command.velocity, [0.0, 0.0])


def test_beside_a_wall_what_is_refused_withdraws_first():
    # 1 mm from the wall, within its band of 2 mm: back at 1 mm in 0.1 s.
    where = {"kinematics": Slide(), "position": (0.999, 0.0)}
    safety_filter, _ = arm(False, True, **where)
    verdict = ask(safety_filter, 0.0, 0.05)
    np.testing.assert_allclose(verdict.command.velocity, [-0.01, 0.05], atol=1e-5)
    assert verdict.reasons == Reason.PREDICTION
    # ... and where that is refused, too, it slows.
    safety_filter, _ = arm(False, False, True, **where, velocity=(0.0, 0.15))
    verdict = ask(safety_filter, 0.0, 0.05)
    np.testing.assert_allclose(verdict.command.velocity, [0.0, 0.05], atol=1e-12)
    assert verdict.reasons is Reason.NONE


def test_where_no_velocity_withdraws_it_slows():
    # Towards the wall at 0.15, and 1 mm from it: one tick of acceleration does not turn it round.
    safety_filter, oracle = arm(
        False, True, kinematics=Slide(), position=(0.999, 0.0), velocity=(0.15, 0.0)
    )
    verdict = ask(safety_filter, 0.08, 0.0)
    np.testing.assert_allclose(verdict.command.velocity, [0.05, 0.0], atol=1e-12)
    assert verdict.shares == {Reason.PREDICTION: pytest.approx(0.03)}
    assert oracle.answers == []


def test_where_all_is_refused_it_brakes():
    safety_filter, oracle = arm(False, False, velocity=(0.5, -0.5))
    verdict = ask(safety_filter, 0.55, -0.55)
    np.testing.assert_allclose(verdict.command.velocity, [0.3, -0.3])
    assert verdict.is_braking
    assert verdict.reasons == Reason.PREDICTION
    assert verdict.shares == {Reason.PREDICTION: pytest.approx(0.5)}
    assert oracle.answers == []


def test_where_the_wall_cannot_be_computed_nobody_is_asked():
    safety_filter, oracle = arm(True, kinematics=Nonsense(), velocity=(0.5, 0.0))
    verdict = ask(safety_filter, 0.5, 0.0)
    np.testing.assert_allclose(verdict.command.velocity, [0.3, 0.0])
    assert verdict.is_braking
    assert verdict.reasons == Reason.BARRIER
    assert oracle.states == []


def test_what_changes_nothing_has_no_reason():
    safety_filter, _ = arm(False, True)
    verdict = ask(safety_filter, 0.0, 0.0)
    assert (verdict.reasons, verdict.shares) == (Reason.NONE, {})


def test_the_prediction_goes_along_with_commands_and_with_braking():
    safety_filter, oracle = arm(True, True, True)
    ask(safety_filter, 0.05, 0.0)
    ask(safety_filter, 0.05, 0.0)
    safety_filter.brake()
    safety_filter.brake()
    ask(safety_filter, 0.0, 0.0)
    # It began where it was put, then stood at the start of the plan, then two ticks on in it.
    assert oracle.states == [-1.0, 0.0, 2.0]


@pytest.mark.parametrize("answers", [(), (True, True)])
def test_a_filter_goes_on_where_it_was_saved(answers):
    safety_filter, _ = arm(*answers)
    ask(safety_filter, 0.05, -0.05)
    safety_filter.brake()
    state = safety_filter.get_state()
    assert ("check" in state) is bool(answers)
    other, oracle = arm(*answers)
    other.set_state(state)
    np.testing.assert_array_equal(other.position, safety_filter.position)
    expected, found = (ask(each, 0.1, 0.1).command for each in (safety_filter, other))
    np.testing.assert_array_equal(found.velocity, expected.velocity)
    # One tick on in the plan.
    assert oracle is None or oracle.states == [1.0]


def jerky():
    """The rail with T and J of 1, A of 4 and V of 6, with ends too far to count."""
    spec = rail()
    joint = replace(
        spec.joints[0],
        max_jerk=1.0,
        max_acceleration=4.0,
        brake_deceleration=8.0,
        max_velocity=6.0,
        lower=-1000.0,
        upper=1000.0,
    )
    return SafetyFilter(replace(spec, joints=(joint,)), 1.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("position", "end", "outlook", "expected"),
    [
        # One step of jerk, and the most that does not overshoot 1 (see test_jerk_limit_exactly).
        (50.0, 0.0, None, 1.0),
        (1.0, 0.0, None, 18 / 32),
        (1.0, 3.0, None, 1.0),
        (1.0, -3.0, None, 18 / 32),
        # The reference ends at 1, whatever it is at now; or goes on there.
        (3.0, 0.0, (1.0, 0.0), 18 / 32),
        (3.0, 0.0, (1.0, 3.0), 1.0),
        (3.0, 0.0, (50.0, 0.0), 1.0),
    ],
)
def test_a_jerk_limit_slows_in_time_for_the_end_of_the_way(sign, position, end, outlook, expected):
    if outlook is not None:
        highest, end_velocity = outlook
        bounds = sorted([sign * highest, -sign * 70.0])
        outlook = Outlook(*np.array([bounds]).T, np.array([sign * end_velocity]))
    desired = Command(np.array([sign * position]), np.array([sign * end]))
    verdict = jerky().step(desired, outlook=outlook)
    assert verdict.command.velocity[0] == pytest.approx(sign * expected, abs=1e-9)
