"""Goals one after the other: the task's, or one there and one back."""

from __future__ import annotations

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.goal_sequence import GoalSequence
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement

SPEC = planar_spec()
TASK = make_task("reach", SPEC, PlanarKinematics())
READING = Measurement(1.0, np.array([0.5, 1.0]), np.zeros(2))
START = PlanarKinematics().tool_position(np.array([0.5, 1.0]))


def goals(num_goals, **options):
    sequence = GoalSequence(TASK, np.random.default_rng(3), **options)
    return [sequence.next(READING) for _ in range(num_goals)]


def test_goals_are_the_tasks_in_its_own_order():
    rng = np.random.default_rng(3)
    expected = [TASK.sample_goal(rng, READING) for _ in range(4)]
    np.testing.assert_array_equal(goals(4), expected)


def test_every_other_goal_leads_back_to_where_the_task_starts():
    drawn = goals(6, alternates=True)
    for forward, back in zip(drawn[::2], drawn[1::2], strict=True):
        np.testing.assert_array_equal(back, START)
        assert np.linalg.norm(forward - START) >= 0.10
    # What is met at the start is a success there.
    assert TASK.success(TASK.context(READING), START)


def test_a_task_that_cannot_be_undone_by_a_goal_says_so():
    spec = load_robot("cartpole")
    with pytest.raises(ProfileError, match="no goal that leads back"):
        GoalSequence(make_task("swing_up", spec, None), np.random.default_rng(0), alternates=True)
