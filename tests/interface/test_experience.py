import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.experience import AppliedPeriod, Experience
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.interface.recent_actions import RecentActions
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement, Reason

SPEC = planar_spec(obs_terms=("previous_action", "action_history", "measurement_age"))
KINEMATICS = PlanarKinematics()
TASK = make_task("reach", SPEC, KINEMATICS)
PERIOD_S = SPEC.policy_period_s
GOAL = np.array([0.2, 0.2, 0.1])
NOTHING = RecentActions.none(SPEC)
ACTION = np.array([1.0, -0.5], np.float32)


def reading(stamp_s, a=0.5, b=1.0, age_s=0.0):
    return Measurement(stamp_s, np.array([a, b]), np.zeros(2), age_s=age_s)


def period(command, reasons=Reason.NONE):
    return AppliedPeriod(command=command, reasons=reasons, shares=np.array([0.0, 0.3, 0.0]))


@pytest.fixture
def story():
    """A decision at 1 s, and the command that follows from it."""
    mapper = ActionMapper(SPEC)
    mapper.reset(np.array([0.5, 1.0]))
    builder = ObservationBuilder(SPEC, TASK, KINEMATICS)
    experience = Experience(SPEC, TASK, builder, mapper)
    before = reading(1.0)
    obs = builder.build(before, GOAL, mapper.setpoint, NOTHING)
    experience.begin(obs, ACTION, NOTHING, before, GOAL)
    return experience, mapper.command(ACTION), obs


def test_a_decision_and_the_next_reading_make_a_transition(story):
    experience, command, obs = story
    after = reading(1.0 + PERIOD_S, a=0.55)
    found = experience.end(after, period(command))
    np.testing.assert_array_equal(found.obs, obs)
    np.testing.assert_array_equal(found.action, ACTION)
    np.testing.assert_array_equal(found.applied_action, ACTION)
    np.testing.assert_array_equal(found.context, TASK.context(reading(0.0)).astype(np.float32))
    np.testing.assert_array_equal(found.next_context, TASK.context(after).astype(np.float32))
    np.testing.assert_array_equal(found.goal, GOAL.astype(np.float32))
    np.testing.assert_allclose(found.shares, [0.0, 0.3, 0.0])
    expected = TASK.reward(
        TASK.context(reading(0.0)), TASK.context(after), ACTION.astype(float), np.zeros(2), GOAL
    )
    assert found.reward == pytest.approx(float(expected))
    assert not found.terminated
    assert not found.truncated


def test_the_next_observation_knows_the_action_and_the_next_readings_age(story):
    experience, command, _ = story
    found = experience.end(reading(1.0 + PERIOD_S, age_s=0.01), period(command))
    # The action is the previous one now, three more follow; 10 of 50 ms.
    expected = [*ACTION, *np.zeros(6), 0.2]
    np.testing.assert_allclose(found.next_obs[:9], expected, rtol=1e-6)


def test_a_later_decision_remembers_the_earlier_ones(story):
    experience, command, obs = story
    first, second = NOTHING.then(np.array([0.5, 0.25], np.float32)), reading(1.0 + PERIOD_S)
    experience.begin(obs, ACTION, first, second, GOAL)
    found = experience.end(reading(1.0 + 2 * PERIOD_S), period(command))
    np.testing.assert_array_equal(found.previous_action, [0.5, 0.25])
    np.testing.assert_array_equal(found.next_obs[:8], [*ACTION, 0.5, 0.25, 0, 0, 0, 0])


def test_what_the_gate_held_back_is_no_part_of_the_applied_action(story):
    experience, command, _ = story
    held = type(command)(np.array([0.5, 1.0]), np.zeros(2))
    found = experience.end(reading(1.0 + PERIOD_S), period(held, Reason.VELOCITY))
    assert found.reasons == Reason.VELOCITY
    assert found.applied_action[0] < ACTION[0]
    assert found.applied_action[1] > ACTION[1]


def test_an_episode_that_is_cut_short_says_so(story):
    experience, command, _ = story
    assert experience.end(reading(1.0 + PERIOD_S), period(command), is_cut=True).truncated


def test_each_decision_counts_once(story):
    experience, command, _ = story
    assert experience.end(reading(1.0 + PERIOD_S), period(command)) is not None
    assert experience.end(reading(1.0 + 2 * PERIOD_S), period(command)) is None
    assert experience.num_dropped == 0


@pytest.mark.parametrize(
    ("late", "is_kept"), [(1.49, True), (1.51, False), (0.0, False), (-1, False)]
)
def test_a_step_of_another_length_is_dropped_and_counted(story, late, is_kept):
    experience, command, _ = story
    found = experience.end(reading(1.0 + late * PERIOD_S), period(command))
    assert (found is not None) == is_kept
    assert experience.num_dropped == (not is_kept)


def test_without_news_of_the_gate_nothing_is_known(story):
    experience, _, _ = story
    assert experience.end(reading(1.0 + PERIOD_S), None) is None
    assert experience.num_dropped == 1


def test_what_is_forgotten_makes_nothing(story):
    experience, command, _ = story
    experience.forget()
    assert experience.end(reading(1.0 + PERIOD_S), period(command)) is None
    assert experience.num_dropped == 0
