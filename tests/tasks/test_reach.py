import dataclasses

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.tasks.reach import ReachTask, is_inside, sample_workspace
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement


def reach():
    return ReachTask(planar_spec(), PlanarKinematics())


def test_reward_by_hand():
    # 3 cm off: -5 * 0.03 + exp(-1) * (1 - 0.25 * 0.5) - 0.05 * (0.5^2 + 0.5^2)
    # = -0.15 + 0.367879 * 0.875 - 0.025
    reward = reach().reward(
        np.zeros(3),
        np.array([0.2, 0.0, 0.0]),
        np.array([0.5, 0.5]),
        np.zeros(2),
        np.array([0.23, 0.0, 0.0]),
    )
    assert reward == pytest.approx(0.146894, abs=1e-6)


def test_functions_are_vectorised_like_single_calls():
    task, rng = reach(), np.random.default_rng(0)
    contexts, goals = rng.normal(size=(2, 5, 3))
    actions, previous = rng.normal(size=(2, 5, 2))
    rewards = task.reward(contexts, contexts, actions, previous, goals)
    obs = task.goal_obs(contexts, goals)
    for i in range(5):
        single = task.reward(contexts[i], contexts[i], actions[i], previous[i], goals[i])
        assert rewards[i] == pytest.approx(single)
        assert obs[i] == pytest.approx(task.goal_obs(contexts[i], goals[i]))


def test_goal_obs_is_radial_tangential_vertical():
    # The tool lies on the y axis: a goal further along y is radial, one towards -x tangential.
    obs = reach().goal_obs(np.array([0.0, 0.2, 0.1]), np.array([-0.03, 0.25, 0.11]))
    assert obs[:3] == pytest.approx([0.5, 0.3, 0.1])


@pytest.mark.parametrize(("distance", "expected"), [(0.0, True), (0.0199, True), (0.0201, False)])
def test_success_is_within_two_centimetres(distance, expected):
    assert reach().success(np.zeros(3), np.array([distance, 0.0, 0.0])) == expected


def test_goals_lie_in_the_workspace_and_away_from_the_tool():
    task, rng = reach(), np.random.default_rng(1)
    measurement = Measurement(0.0, np.array([0.5, 1.0]), np.zeros(2))
    tool = task.context(measurement)
    goals = np.array([task.sample_goal(rng, measurement) for _ in range(300)])
    radius = np.hypot(goals[:, 0], goals[:, 1])
    assert (np.linalg.norm(goals - tool, axis=1) >= 0.1).all()
    assert (radius >= 0.1).all() and (radius <= 0.3).all()
    assert (np.abs(np.arctan2(goals[:, 1], goals[:, 0])) <= 1.0).all()
    assert (goals[:, 2] >= 0.05).all() and (goals[:, 2] <= 0.15).all()


def test_the_workspace_is_filled_uniformly():
    workspace, rng = planar_spec().tool.workspace, np.random.default_rng(2)
    wide = dataclasses.replace(workspace, reach_m=10.0)
    points = sample_workspace(wide, rng, 4000)
    assert points.shape == (4000, 3)
    radius = np.hypot(points[:, 0], points[:, 1])
    # Uniform in area: half of the points lie within sqrt((0.1^2 + 0.35^2) / 2) = 0.2574 m.
    assert np.mean(radius < 0.2574) == pytest.approx(0.5, abs=0.03)


def test_starts_are_spread_over_the_workspace_and_inside_the_soft_limits():
    task, rng = reach(), np.random.default_rng(3)
    starts = np.array([task.random_position(rng) for _ in range(100)])
    tools = [task.context(Measurement(0.0, start, np.zeros(2))) for start in starts]
    assert all(is_inside(task.workspace, tool) for tool in tools)
    assert (np.abs(starts) <= 1.9).all()
    assert (starts.std(axis=0) > 0.2).all()


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((0.2, 0.0, 0.1), True),
        ((0.05, 0.0, 0.1), False),
        ((0.2, 0.0, 0.2), False),
        ((0.0, 0.2, 0.1), False),
    ],
)
def test_a_point_is_inside_the_workspace_or_not(point, expected):
    assert is_inside(planar_spec().tool.workspace, np.array(point)) == expected


def test_a_robot_without_a_workspace_is_refused():
    with pytest.raises(ProfileError, match="workspace"):
        make_task("reach", dataclasses.replace(planar_spec(), tool=None), PlanarKinematics())


def test_gamma_means_the_same_horizon_at_every_rate():
    fast = ReachTask(planar_spec().with_rates(policy_hz=50.0), PlanarKinematics())
    assert reach().gamma ** 20 == pytest.approx(fast.gamma**50)


@pytest.mark.parametrize(
    ("name", "message"),
    [("raech", "reach"), ("no_such_module:Task", "imported"), ("json:JSONDecoder", "not a Task")],
)
def test_a_wrong_task_name_says_what_is_wrong(name, message):
    with pytest.raises(ProfileError, match=message):
        make_task(name, planar_spec(), PlanarKinematics())
