"""Which keys there are, and which service each of them calls; no ROS graph is needed for that."""

import pytest
from std_srvs.srv import SetBool, Trigger

from surefoot_nodes.episode_keys import EpisodeKeys


class Client:
    def __init__(self, answers=True):
        self.calls, self.answers = [], answers

    def call(self, kind, name, request, timeout_s):
        self.calls.append((kind, name, getattr(request, "data", None)))
        return kind.Response(success=True, message="well") if self.answers else None


class Bringup:
    def __init__(self, client):
        self.client = client


def attached(said, client, **options):
    keys = EpisodeKeys(said.append, **options)
    keys.attach(None, Bringup(client))
    return keys


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"reset": "none", "judge": "task"}, ""),
        ({"reset": "human", "judge": "task"}, "g"),
        ({"reset": "start", "judge": "human"}, "yn"),
        ({"reset": "human", "judge": "human"}, "gyn"),
        ({"reset": "human", "judge": "/a/judge.json"}, "g"),
    ],
)
def test_only_keys_that_mean_something_are_offered(options, expected):
    said = []
    keys = attached(said, Client(), **options)
    assert "".join(keys.keys) == expected
    assert len(said) == bool(expected)
    assert not {" ", "s", "S"} & set(keys.keys)  # they stop the robot


def test_each_key_calls_its_service_once_and_the_answer_is_told():
    said, client = [], Client()
    keys = attached(said, client, reset="human", judge="human")
    for key in "gyn":
        keys.keys[key]()
    assert client.calls == []  # not from the thread that reads keys
    assert not keys.look() and not keys.look()
    assert client.calls == [
        (Trigger, "begin_episode", None),
        (SetBool, "judge_episode", True),
        (SetBool, "judge_episode", False),
    ]
    assert said[1:] == ["g: well", "y: well", "n: well"]


def test_silence_is_told_as_well():
    said = []
    keys = attached(said, Client(answers=False), reset="human", judge="task")
    keys.keys["g"]()
    keys.look()
    assert said[-1] == "g: nobody answers"
