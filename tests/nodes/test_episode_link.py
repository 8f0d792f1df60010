"""What the policy node says of episodes and is told by people; no ROS graph is needed for that."""

import json

import numpy as np
import pytest
from planar_robot import PlanarKinematics, planar_spec
from std_srvs.srv import SetBool, Trigger

from rl_agent.judging.judges import make_judge
from rl_agent.tasks.registry import make_task
from rl_agent.types import Measurement
from surefoot_nodes.episode_link import EpisodeLink
from surefoot_nodes.keeper import ExperienceKeeper
from surefoot_nodes.pilot import Pilot

SPEC = planar_spec()
TASK = make_task("reach", SPEC, PlanarKinematics())
GOAL = np.array([0.2, 0.2, 0.1])


class Io:
    """Stands for a node: keeps what is made on it."""

    def __init__(self):
        self.services, self.sent = {}, {}

    def create_service(self, kind, name, callback):
        self.services[name] = lambda request: callback(request, kind.Response())

    def create_publisher(self, kind, topic, profile):
        sent = self.sent.setdefault(topic, [])
        return type("Publisher", (), {"publish": lambda _, message: sent.append(message.data)})()


class Resting:
    def act(self, obs, measurement, goal):
        return np.zeros(2, np.float32)


class World:
    def __init__(self, folder, *, reset="none", judge="task"):
        self.pilot = Pilot(
            SPEC, TASK, PlanarKinematics(), Resting(), keeps_experience=True, reset=reset
        )
        self.keeper = ExperienceKeeper(
            folder / "journal", self.pilot, Resting(), print, judge=make_judge(judge, TASK, 20.0)
        )
        self.io, self.is_armed, self.stamp_s = Io(), True, 0.0
        self.link = EpisodeLink(self.io, self.keeper, lambda: self.is_armed)

    def tick(self, num_ticks=1):
        for _ in range(num_ticks):
            self.stamp_s += SPEC.policy_period_s
            reading = Measurement(self.stamp_s, np.array([0.5, 1.0]), np.zeros(2))
            self.link.tell()
            self.keeper.keep(reading, GOAL if self.is_armed else None)
            if not self.is_armed:
                self.pilot.follow(reading)
            command = self.pilot.propose(reading, GOAL, None)
            self.keeper.applied.note(self.stamp_s, command, 0, np.zeros(3))

    def begin(self):
        return self.io.services["begin_episode"](Trigger.Request())

    def judge(self, is_success):
        return self.io.services["judge_episode"](SetBool.Request(data=is_success))


@pytest.fixture
def make_world(tmp_path):
    worlds = []

    def make(**options):
        worlds.append(World(tmp_path, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.keeper.close()


@pytest.mark.parametrize(
    ("options", "services"),
    [
        ({}, set()),
        ({"reset": "start"}, set()),
        ({"reset": "human"}, {"begin_episode"}),
        ({"judge": "human"}, {"judge_episode"}),
    ],
)
def test_only_what_a_person_may_say_is_a_service(make_world, options, services):
    assert set(make_world(**options).io.services) == services


def test_resetting_is_told_as_it_changes(make_world):
    world = make_world(reset="human")
    world.tick(3)
    world.is_armed = False
    world.tick(3)
    world.is_armed = True
    world.tick(3)
    assert world.begin().success
    world.tick(3)
    assert world.io.sent["resetting"] == [False, True, False]


def test_an_episode_begins_when_a_person_says_so_and_the_robot_is_armed(make_world):
    world = make_world(reset="human")
    world.is_armed = False
    world.tick(2)
    answer = world.begin()
    assert not answer.success and "not armed" in answer.message
    world.is_armed = True
    world.tick(2)
    assert world.pilot.is_resetting
    assert (world.begin().success, world.begin().message) == (True, "one is under way")
    world.tick()
    assert not world.pilot.is_resetting


def test_a_verdict_needs_an_episode(make_world):
    world = make_world(reset="human", judge="human")
    world.is_armed = False
    world.tick(2)
    assert not world.judge(True).success
    world.is_armed = True
    world.tick(2)
    assert world.judge(True).message == "refused: there is no episode to judge"
    world.begin()
    world.tick(5)
    assert world.judge(False).message == "failure"
    world.tick()
    assert not world.judge(True).success
    assert world.keeper.state()["num_failures"] == 1


def test_the_report_is_json_of_counts(make_world):
    world = make_world(reset="start", judge="human")
    world.tick(2)
    world.link.report()
    (text,) = world.io.sent["policy_state"]
    report = json.loads(text)
    expected = {"num_timeouts": 0, "holds_goals": 0, "num_successes": 0, "num_failures": 0}
    assert report.items() >= expected.items()
