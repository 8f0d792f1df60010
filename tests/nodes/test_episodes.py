"""Episodes of a pilot that learns: resets and verdicts, without ROS."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.data.journal import JournalConfig, JournalReader
from rl_agent.data.lost_steps import LOST, write_lost
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.interface.motion_reset import SPEED_SHARE
from rl_agent.judging.human_judge import HumanJudge
from rl_agent.judging.label import LABELS, read_labels
from rl_agent.robots.profile import load_robot
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement
from surefoot_nodes.keeper import ExperienceKeeper
from surefoot_nodes.pilot import Pilot

SPEC = planar_spec()
KINEMATICS = PlanarKinematics()
TASK = make_task("reach", SPEC, KINEMATICS)
GOAL, OTHER = np.array([0.2, 0.2, 0.1]), np.array([0.1, 0.25, 0.1])
PERIOD_S = SPEC.policy_period_s


class Constant:
    def __init__(self, *action):
        self.action = np.array(action, dtype=np.float32)
        self.num_asked = 0

    def act(self, obs, measurement, goal):
        self.num_asked += 1
        return self.action


class Robot:
    """Follows each command exactly; its gate changes nothing."""

    def __init__(
        self,
        folder,
        *,
        reset="none",
        judge=None,
        journal=None,
        spec=SPEC,
        task=TASK,
        action=(1.0, 0.5),
    ):
        self.actor = Constant(*action)
        kinematics = KINEMATICS if task is TASK else None
        self.pilot = Pilot(
            spec, task, kinematics, self.actor, keeps_experience=True, reset=reset, seed=1
        )
        self.folder = folder / "journal"
        self.keeper = ExperienceKeeper(
            self.folder, self.pilot, self.actor, print, journal=journal, judge=judge
        )
        self.spec, self.stamp_s = spec, 0.0
        self.position, self.velocity = spec.home.copy(), np.zeros(len(spec.home))
        self.path = [self.position.copy()]

    def live(self, num_periods=1, goal=GOAL, *, is_armed=True):
        """Return per period whether the policy was asked."""
        asked = []
        for _ in range(num_periods):
            self.stamp_s += self.spec.policy_period_s
            reading = Measurement(self.stamp_s, self.position.copy(), self.velocity.copy())
            self.keeper.keep(reading, goal if is_armed else None)
            if not is_armed:
                self.pilot.follow(reading)
            before = self.actor.num_asked
            command = self.pilot.propose(reading, goal, None)
            asked.append(self.actor.num_asked > before)
            if is_armed:
                index = list(self.spec.command_index)
                self.position[index], self.velocity[index] = command.position, command.velocity
                self.keeper.applied.note(self.stamp_s, command, 0, np.zeros(3))
                self.path.append(self.position.copy())
        return asked

    def rows(self):
        self.keeper.close()
        return JournalReader(self.folder).read().rows


@pytest.fixture
def make_robot(tmp_path):
    robots = []

    def make(**options):
        robots.append(Robot(tmp_path / str(len(robots)), **options))
        return robots[-1]

    (tmp_path / "0").mkdir()
    yield make
    for robot in robots:
        robot.keeper.close()


def test_after_a_goals_time_the_arm_goes_to_its_start_and_the_policy_waits(make_robot):
    robot = make_robot(reset="start")
    assert all(robot.live(20))
    far = robot.position.copy()
    asked = robot.live(120, OTHER)
    num_resetting = asked.index(True)
    # It was 0.7 rad away, and goes at 0.3 rad/s.
    assert 0.7 < np.abs(far - SPEC.home).max() < 1.0
    assert num_resetting / SPEC.policy_hz == pytest.approx(3.7, abs=1.0)
    assert all(asked[num_resetting:])
    start = robot.path[20 + num_resetting]
    np.testing.assert_allclose(start, SPEC.home, atol=0.04)
    # Never a jump: what the policy did last is slowed down, and the way is taken slowly.
    speeds = np.abs(np.diff(robot.path[20 : 20 + num_resetting], axis=0)) * SPEC.policy_hz
    assert speeds.max() <= 1.0 + 1e-6
    assert speeds[20:].max() <= SPEED_SHARE * 1.01
    accelerations = np.abs(np.diff(robot.path, n=2, axis=0)) * SPEC.policy_hz**2
    assert accelerations.max() <= 10.0


def test_nothing_of_a_reset_is_learned_from(make_robot):
    robot = make_robot(reset="start")
    robot.live(20)
    asked = robot.live(120, OTHER)
    rows = robot.rows()
    # A decision is kept a period later: 20 of the first episode, the second's last is under way.
    assert len(rows) == 20 + sum(asked) - 1
    assert np.flatnonzero(rows["truncated"]).tolist() == [19]
    assert (rows["action"] == [1.0, 0.5]).all()
    # The new episode begins anew, at rest: no return may run across the reset.
    assert rows["previous_action"][20].tolist() == [0.0, 0.0]
    follows = (rows["next_obs"][:-1] == rows["obs"][1:]).all(axis=1)
    assert np.flatnonzero(~follows).tolist() == [19]


def test_a_robot_that_was_armed_anew_is_reset_first(make_robot):
    robot = make_robot(reset="start")
    robot.position = SPEC.home + 0.6
    robot.live(5, is_armed=False)
    asked = robot.live(100)
    assert not any(asked[:20]) and asked[-1]
    assert robot.pilot.num_timeouts == 0


def test_random_starts_differ_and_have_the_tool_in_the_workspace(make_robot):
    robot = make_robot(reset="random")
    starts = []
    for number in range(4):
        robot.live(3, is_armed=False)
        while not robot.live(1, OTHER + 0.001 * number)[0]:
            pass
        starts.append(robot.position.copy())
    assert all(np.abs(a - b).max() > 0.05 for a, b in pairwise(starts))


def test_a_person_lets_each_episode_begin(make_robot):
    robot = make_robot(reset="human")
    robot.live(2, is_armed=False)
    assert not any(robot.live(40))
    assert robot.pilot.holds_goals
    assert robot.pilot.reset.go()
    assert all(robot.live(10))
    assert not any(robot.live(40, OTHER))
    # It rests meanwhile.
    np.testing.assert_allclose(robot.path[-1], robot.path[-10], atol=1e-3)
    assert robot.keeper.state()["holds_goals"] == 1
    robot.pilot.reset.go()
    assert all(robot.live(10, OTHER))
    assert len(robot.rows()) == 10 + 9


def test_without_a_reset_the_next_goal_is_the_next_episode(make_robot):
    robot = make_robot()
    asked = [*robot.live(10), *robot.live(10, OTHER)]
    assert all(asked)
    assert np.flatnonzero(robot.rows()["truncated"]).tolist() == [9]


def test_what_a_person_says_ends_the_episode_and_is_all_that_it_earns(make_robot):
    robot = make_robot(reset="human", judge=HumanJudge())
    robot.live(10)
    robot.keeper.judge.say(True)
    assert robot.live(1) == [False]  # the goal is the same: without `go` nothing begins
    assert not any(robot.live(5))
    robot.pilot.reset.go()
    robot.live(10)
    robot.keeper.judge.say(False)
    robot.live(1)
    rows = robot.rows()
    assert len(rows) == 20
    assert np.flatnonzero(rows["terminated"]).tolist() == [9, 19]
    assert np.flatnonzero(rows["reward"]).tolist() == [9]
    assert rows["reward"][9] == 1.0 and not rows["truncated"].any()
    assert robot.keeper.state()["num_successes"] == robot.keeper.state()["num_failures"] == 1


def test_labels_say_who_said_what_about_which_row(make_robot):
    robot = make_robot(reset="human", judge=HumanJudge())
    for is_success in (True, False):
        robot.live(10)
        robot.keeper.judge.say(is_success)
        robot.live(1)
        robot.pilot.reset.go()
    rows = robot.rows()
    path = robot.folder.parent / LABELS
    labels = read_labels(path)
    assert [(label.judge, label.is_success) for label in labels] == [
        ("human", True),
        ("human", False),
    ]
    for label in labels:
        row = rows[label.env_step]
        assert row["terminated"] and label.task == TASK.describe() and label.policy_hz == 20.0
        np.testing.assert_array_equal(row["next_context"], np.float32(label.context))
        np.testing.assert_array_equal(row["goal"], np.float32(label.goal))
    with path.open("a") as file:
        file.write('{"schema_version": 1, "judge": "hu\n[]\n' + json.dumps({"judge": 3}) + "\n")
    assert read_labels(path) == labels


def test_a_person_may_judge_while_the_arm_goes_back(make_robot):
    robot = make_robot(reset="start", judge=HumanJudge())
    robot.live(20)
    robot.live(5, OTHER)
    assert robot.keeper.referee.is_waiting
    robot.keeper.judge.say(True)
    robot.live(1, OTHER)
    assert not robot.keeper.referee.is_waiting
    while not robot.live(1, OTHER)[0]:
        pass
    robot.live(5, OTHER)
    rows = robot.rows()
    assert len(rows) == 25
    # The same row, and its time was over as well.
    assert rows["terminated"][19] and rows["truncated"][19] and rows["reward"][19] == 1.0
    assert not rows["reward"][20:].any()


def test_without_a_word_the_end_is_kept_when_the_next_episode_begins(make_robot):
    robot = make_robot(reset="start", judge=HumanJudge())
    robot.live(20)
    while not robot.live(1, OTHER)[0]:
        pass
    robot.live(5, OTHER)
    rows = robot.rows()
    assert len(rows) == 25 and not rows["terminated"].any() and not rows["reward"].any()
    assert np.flatnonzero(rows["truncated"]).tolist() == [19]


def test_a_success_before_the_time_waits_for_the_next_goal(make_robot):
    robot = make_robot(judge=HumanJudge())
    robot.live(10)
    robot.keeper.judge.say(True)
    assert not any(robot.live(20))
    assert not robot.pilot.holds_goals  # or the next goal would never come
    assert all(robot.live(10, OTHER))


def test_swing_up_starts_in_the_middle_after_its_time(make_robot):
    spec = load_robot("cartpole")
    task = make_task("swing_up", spec, None)
    robot = make_robot(reset="start", spec=spec, task=task, action=(0.3,))
    num_steps = round(task.episode_s * spec.policy_hz)
    none = np.zeros(0)
    asked = robot.live(num_steps + 200, none)
    assert all(asked[:num_steps]) and not asked[num_steps] and asked[-1]
    start = num_steps + asked[num_steps:].index(True)
    assert abs(robot.path[num_steps][0]) > 0.1 > 0.03 > abs(robot.path[start][0])


def test_replay_draws_no_return_across_a_reset(make_robot):
    robot = make_robot(reset="start")
    robot.live(20)
    robot.live(120, OTHER)
    rows = robot.rows()
    buffer = ReplayBuffer(robot.pilot.layout, 1000, gamma=0.9, n_step=5)
    buffer.add_rows(rows)
    assert buffer._is_end[19] and not buffer._is_end[:19].any()


def test_the_journal_is_written_as_it_was_asked_for(make_robot):
    robot = make_robot(journal=JournalConfig(segment_records=4))
    robot.live(11)
    assert len(robot.rows()) == 10
    assert len(list(robot.folder.glob("*.journal"))) == 3


def test_what_was_lost_before_a_restart_is_told_after_it(make_robot, tmp_path):
    write_lost(tmp_path / "0" / LOST, 5)
    assert make_robot().keeper.state()["num_lost"] == 5
