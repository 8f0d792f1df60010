from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.interface.action import ActionMapper
from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.types import Command, Imu, Measurement
from surefoot_nodes.actors import ActorChoices, make_actor
from surefoot_nodes.pilot import Pilot

SPEC = planar_spec()
KINEMATICS = PlanarKinematics()
TASK = make_task("reach", SPEC, KINEMATICS)
GOAL = np.array([0.2, 0.2, 0.1])


class Constant:
    def __init__(self, *action):
        self.action = np.array(action, dtype=np.float32)
        self.seen = []

    def act(self, obs, measurement, goal):
        self.seen.append(obs.copy())
        return self.action


class Refusing:
    last_refusal = "no wish"

    def act(self, obs, measurement, goal):
        return None


def reading(a=0.5, b=1.0, stamp_s=1.0):
    return Measurement(stamp_s, np.array([a, b]), np.zeros(2))


def pilot(actor, **options):
    return Pilot(SPEC, TASK, KINEMATICS, actor, **options)


def first_command(position, action):
    mapper = ActionMapper(SPEC)
    mapper.reset(np.array(position))
    return mapper.command(np.array(action))


def test_proposals_are_what_the_mapper_makes_of_actions():
    mine = pilot(Constant(1.0, 0.0))
    mine.follow(reading())
    command, expected = mine.propose(reading(), GOAL, None), first_command([0.5, 1.0], [1.0, 0.0])
    np.testing.assert_array_equal(command.velocity, expected.velocity)
    np.testing.assert_array_equal(command.position, expected.position)
    assert command.position[0] > 0.5


def test_following_forgets_what_added_up():
    mine = pilot(Constant(1.0, 0.0))
    for _ in range(5):
        mine.propose(reading(), GOAL, None)
    mine.follow(reading(0.3, 0.7))
    command = mine.propose(reading(0.3, 0.7), GOAL, None)
    expected = first_command([0.3, 0.7], [1.0, 0.0])
    np.testing.assert_array_equal(command.position, expected.position)


def test_setpoint_stays_near_the_applied_command():
    mine = pilot(Constant(1.0, 0.0))
    mine.follow(reading())
    held = Command(np.array([0.5, 1.0]), np.zeros(2))
    for _ in range(40):
        command = mine.propose(reading(), GOAL, held)
    # Two periods at full speed, and the step beyond: 0.1 + 0.05 rad at most.
    assert command.position[0] <= 0.65


def test_previous_action_is_observed_next_time():
    actor = Constant(0.5, -0.25)
    mine = pilot(actor)
    mine.follow(reading())
    mine.propose(reading(), GOAL, None)
    mine.propose(reading(), GOAL, None)
    # joint_position (2), previous_action (2), ...
    assert actor.seen[0][2:4].tolist() == [0.0, 0.0]
    assert actor.seen[1][2:4].tolist() == [0.5, -0.25]


def test_the_node_sees_the_actions_and_ages_that_its_journal_holds():
    spec = planar_spec(obs_terms=("previous_action", "action_history", "measurement_age"))
    actor = Constant(0.0, 0.0)
    mine = Pilot(spec, TASK, KINEMATICS, actor, keeps_experience=True)
    applied, steps = AppliedSum(), []
    for index in range(6):
        stamp_s = 1.0 + index * spec.policy_period_s
        now = replace(reading(stamp_s=stamp_s), age_s=0.001 * (index + 1))
        steps.append(mine.conclude(now, applied, GOAL))
        actor.action = np.array([0.125 * index, -0.125 * index], np.float32)
        applied.note(stamp_s, mine.propose(now, GOAL, None), 0, np.zeros(3))
    # At step 5 the previous action is that of 4, then 3, 2 and 1; the age 6 of 50 ms.
    expected = [0.5, -0.5, 0.375, -0.375, 0.25, -0.25, 0.125, -0.125, 0.12]
    np.testing.assert_allclose(actor.seen[5][:9], expected, rtol=1e-6)
    for step, seen in zip(steps[1:], actor.seen[1:], strict=True):
        np.testing.assert_array_equal(step.next_obs, seen)
    mine.follow(reading(stamp_s=2.0))
    mine.propose(reading(stamp_s=2.0), GOAL, None)
    assert actor.seen[6][:8].tolist() == [0.0] * 8


def test_proposes_nothing_on_a_reading_that_is_not_finite():
    mine = pilot(Constant(0.0, 0.0))
    for broken in (np.nan, np.inf, 1.1e6):
        assert mine.propose(reading(a=broken), GOAL, None) is None
        assert mine.last_refusal == "the reading holds NaN, inf, or a number beyond 1e+06"
    assert mine.propose(reading(), GOAL, None) is not None and mine.last_refusal == ""


def test_what_is_not_known_of_the_body_is_named_with_its_topic():
    spec = replace(SPEC, obs_terms=("joint_position", "projected_gravity"))
    mine = Pilot(spec, TASK, KINEMATICS, Refusing())
    assert mine.propose(reading(), GOAL, None) is None
    assert mine.last_refusal == (
        "observation term projected_gravity is not known: nothing came on imu within 20 ms"
    )


def test_proposes_nothing_where_the_policy_refuses():
    mine = pilot(Refusing())
    assert mine.propose(reading(), GOAL, None) is None
    assert mine.last_refusal == "no wish"


def test_random_actor_repeats_under_a_seed():
    draws = [
        make_actor("random", SPEC, TASK, choices=ActorChoices(seed=seed))
        .act(np.zeros(1), reading(), GOAL)
        .tolist()
        for seed in (3, 3, 4)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_zero_actor_stays():
    assert make_actor("zero", SPEC, TASK).act(np.zeros(1), reading(), GOAL).tolist() == [0.0, 0.0]


def test_damped_least_squares_turns_towards_the_goal():
    actor = make_actor("dls", SPEC, TASK, kinematics=KINEMATICS)
    start = reading()
    tool = KINEMATICS.tool_position(start.position)
    action = actor.act(np.zeros(1), start, GOAL)
    moved = KINEMATICS.tool_position(start.position + 0.01 * action)
    assert np.linalg.norm(GOAL - moved) < np.linalg.norm(GOAL - tool)


@pytest.mark.parametrize(("name", "words"), [("onnx", "bundle"), ("dls", "tool")])
def test_actor_says_what_it_lacks(name, words):
    with pytest.raises(ProfileError, match=words):
        make_actor(name, SPEC, TASK)


def test_bundle_acts_like_its_network(tmp_path):
    from bundles import make_bundle

    bundle = make_bundle(tmp_path / "bundle", SPEC, TASK)
    actor = make_actor("onnx", SPEC, TASK, choices=ActorChoices(bundle=str(bundle)))
    obs = np.zeros(actor.policy.obs_dim, dtype=np.float32)
    np.testing.assert_array_equal(actor.act(obs, reading(), GOAL), actor.policy.act(obs))


class DeadSession:
    def run_with_iobinding(self, binding):
        raise RuntimeError("device lost")


class NanSession:
    def __init__(self, policy):
        self.outputs = policy._outputs

    def run_with_iobinding(self, binding):
        self.outputs[:] = np.nan


def test_what_keeps_a_bundle_from_acting_is_told(tmp_path):
    from bundles import make_bundle

    bundle = make_bundle(tmp_path / "bundle", SPEC, TASK)
    actor = make_actor("onnx", SPEC, TASK, choices=ActorChoices(bundle=str(bundle)))
    mine = pilot(actor)
    session, actor.policy._session = actor.policy._session, DeadSession()
    assert mine.propose(reading(), GOAL, None) is None
    assert mine.last_refusal == "inference failed: device lost"
    actor.policy._session = NanSession(actor.policy)
    assert mine.propose(reading(), GOAL, None) is None
    assert mine.last_refusal == "the network's output holds NaN or inf"
    actor.policy._session = session
    assert mine.propose(reading(), GOAL, None) is not None
    assert mine.last_refusal == ""


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, -1e7])
def test_garbage_is_never_shown_to_the_network(value):
    actor = Constant(1.0, 0.0)
    position, velocity = Measurement(1.0, np.array([value, 1.0]), np.zeros(2)), reading(0.5, 1.0)
    velocity = Measurement(1.0, velocity.position, np.array([0.0, value]))
    mine = pilot(actor)
    assert mine.propose(position, GOAL, None) is None
    assert mine.propose(velocity, GOAL, None) is None
    assert actor.seen == []


def test_steps_follow_one_another_and_each_ends_with_the_next_reading():
    mine = pilot(Constant(0.5, -0.25), keeps_experience=True)
    applied, period_s, steps = AppliedSum(), SPEC.policy_period_s, []
    mine.follow(reading(stamp_s=1.0))
    for index in range(4):
        now = reading(0.5 + 0.01 * index, stamp_s=1.0 + index * period_s)
        steps.append(mine.conclude(now, applied, GOAL))
        command = mine.propose(now, GOAL, None)
        applied.note(now.stamp_s, command, 0, np.zeros(3))
    assert steps[0] is None
    for before, after in pairwise(steps[1:]):
        np.testing.assert_array_equal(before.next_obs, after.obs)
        np.testing.assert_array_equal(before.action, after.previous_action)
    assert steps[1].previous_action.tolist() == [0.0, 0.0]
    assert len(steps[1].obs) == mine.layout.obs_dim


def test_a_robot_that_somebody_else_moves_makes_no_step():
    mine = pilot(Constant(0.5, -0.25), keeps_experience=True)
    applied = AppliedSum()
    applied.note(1.0, mine.propose(reading(stamp_s=1.0), GOAL, None), 0, np.zeros(3))
    later = reading(stamp_s=1.0 + SPEC.policy_period_s)
    mine.follow(later)
    assert mine.conclude(later, applied, GOAL) is None


def test_a_new_goal_ends_an_episode_but_not_what_it_is_worth():
    mine = pilot(Constant(0.5, -0.25), keeps_experience=True)
    applied, period_s, other = AppliedSum(), SPEC.policy_period_s, GOAL + 0.1
    ends = []
    for index, goal in enumerate([GOAL, GOAL, other, other]):
        now = reading(0.5, stamp_s=1.0 + index * period_s)
        transition = mine.conclude(now, applied, goal)
        ends.append(transition and (transition.truncated, transition.terminated))
        applied.note(now.stamp_s, mine.propose(now, goal, None), 0, np.zeros(3))
    # The step under way when the goal changed is the old goal's last one, and bootstraps.
    assert ends == [None, (False, False), (True, False), (False, False)]


@pytest.mark.parametrize("has_fallen", [True, False])
def test_of_a_pause_only_an_end_that_the_policy_brought_about_is_kept(monkeypatch, has_fallen):
    mine = pilot(Constant(0.5, -0.25), keeps_experience=True)
    applied = AppliedSum()
    applied.note(1.0, mine.propose(reading(stamp_s=1.0), GOAL, None), 0, np.zeros(3))
    monkeypatch.setattr(TASK, "terminated", lambda context, goal: np.bool_(has_fallen))
    last = mine.conclude(reading(stamp_s=1.0 + SPEC.policy_period_s), applied, None)
    assert (last is not None and last.terminated) == has_fallen


def test_without_being_asked_a_pilot_keeps_nothing():
    mine = pilot(Constant(0.5, -0.25))
    applied = AppliedSum()
    applied.note(1.0, mine.propose(reading(stamp_s=1.0), GOAL, None), 0, np.zeros(3))
    assert mine.conclude(reading(stamp_s=1.0 + SPEC.policy_period_s), applied, GOAL) is None


class Careful:
    """Like an exported policy, it does not act on what is not finite."""

    last_refusal = "unknown"

    def act(self, obs, measurement, goal):
        return np.zeros(12, np.float32) if np.isfinite(obs).all() else None


@pytest.mark.parametrize(
    ("gravity", "turn", "speed", "acts"),
    [
        (-1.0, 0.0, 0.0, True),
        (np.nan, 0.0, 0.0, False),
        (-1.0, 1e9, 0.0, False),
        (-1.0, 0.0, -1e300, False),
        (None, 0.0, 0.0, False),
        (-1.0, 0.0, None, False),
    ],
)
def test_a_walking_policy_is_asked_only_while_its_body_is_known(gravity, turn, speed, acts):
    go1 = load_robot("go1")
    mine = Pilot(go1, make_task("walk", go1, None), None, Careful())
    imu = None
    if gravity is not None:
        imu = Imu(np.array([0.0, 0.0, gravity]), np.array([turn, 0.0, 0.0]))
    velocity = None if speed is None else np.array([speed, 0.0, 0.0])
    body = Measurement(1.0, go1.home, np.zeros(12), imu=imu, base_velocity=velocity)
    command = mine.propose(body, np.zeros(0), None)
    assert (command is not None) == acts
