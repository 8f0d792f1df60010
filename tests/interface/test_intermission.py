"""Between two episodes: recovery first, then the reset, and only then the policy."""

from __future__ import annotations

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.interface.action import ActionMapper
from rl_agent.interface.human_reset import HumanReset
from rl_agent.interface.intermission import Intermission
from rl_agent.interface.motion_reset import MotionReset
from rl_agent.interface.next_goal_reset import NextGoalReset
from rl_agent.interface.resets import RESETS, make_reset
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement

SPEC = planar_spec()
TASK = make_task("reach", SPEC, PlanarKinematics())
GOAL, OTHER = np.array([0.2, 0.2, 0.1]), np.array([0.1, 0.2, 0.1])
READING = Measurement(1.0, np.array([0.5, 1.0]), np.zeros(2))


def intermission(reset):
    return Intermission(SPEC, TASK, reset)


def test_without_a_reset_an_episode_follows_at_once():
    between = intermission(None)
    assert between.act(READING, GOAL) is None
    between.begin(GOAL)
    assert not between.is_resetting and between.act(READING, GOAL) is None


def test_a_robot_rests_until_a_person_says_go():
    reset = HumanReset(2)
    between = intermission(reset)
    between.begin(None)
    for _ in range(100):
        assert between.act(READING, GOAL).tolist() == [0.0, 0.0]
    assert between.is_resetting and between.holds_goals
    assert reset.go()
    assert between.act(READING, GOAL) is None
    assert not between.is_resetting and not between.holds_goals
    # Nobody waits any more: a second word is for nothing, and not for the end after this one.
    assert not reset.go()
    between.begin(None)
    assert between.act(READING, GOAL) is not None


def test_after_a_verdict_the_same_goal_is_no_new_episode():
    between = intermission(NextGoalReset(2))
    between.begin(GOAL)
    assert between.act(READING, GOAL).tolist() == [0.0, 0.0]
    assert between.is_resetting and not between.holds_goals
    assert between.act(READING, OTHER) is None
    between.begin(None)  # ended by time: the next may begin at once
    assert between.act(READING, OTHER) is None


def test_a_fall_is_recovered_from_before_the_reset(monkeypatch):
    reset = HumanReset(2)
    between = intermission(reset)
    fallen = [True]
    monkeypatch.setattr(TASK, "terminated", lambda context, goal: np.bool_(fallen[0]))
    between.begin(None, has_fallen=True)
    reset.go()
    assert between.act(READING, GOAL) is not None
    fallen[0] = False
    # Half a second at 20 Hz.
    acts = [between.act(READING, GOAL) is not None for _ in range(12)]
    assert acts == [True] * 9 + [False] * 3
    assert between.num_falls == 1


@pytest.mark.parametrize(
    ("robot", "task", "kinds"),
    [
        ("so101", None, (NextGoalReset, MotionReset, MotionReset, HumanReset, NextGoalReset)),
        ("cartpole", "swing_up", (None, MotionReset, MotionReset, HumanReset, None)),
    ],
)
def test_resets_by_name(robot, task, kinds):
    spec = SPEC if task is None else load_robot(robot)
    task = TASK if task is None else make_task(task, spec, None)
    rng = np.random.default_rng(0)
    resets = [make_reset(name, spec, task, ActionMapper(spec), rng) for name in RESETS]
    assert [None if reset is None else type(reset) for reset in resets] == list(kinds)


def test_a_cart_comes_back_to_the_middle_and_waits_for_its_pole():
    spec = load_robot("cartpole")
    task, mapper = make_task("swing_up", spec, None), ActionMapper(spec)
    reset = make_reset("start", spec, task, mapper, np.random.default_rng(0))
    mapper.reset(np.array([0.3]))
    reset.begin(None)
    velocity = np.array([0.0, 0.0])
    swinging = np.array([0.0, 1.0])
    num_acts = 0
    for tick in range(10_000):
        speed = swinging if tick < 200 else velocity
        action = reset.act(Measurement(1.0, np.array([0.3, 3.0]), speed), np.zeros(0))
        if action is None:
            break
        mapper.command(action)
        num_acts += 1
    assert num_acts > 200 and reset.num_timeouts == 0
    assert abs(mapper.setpoint.position[0]) < 0.02
