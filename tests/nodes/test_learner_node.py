"""What ends learning, and what ends the learner's process; no ROS graph is needed for that."""

import json
import os
import threading
from types import SimpleNamespace

import pytest

from rl_agent.exceptions import TrainingDivergedError
from rl_agent.learning import live_training
from surefoot_nodes import learner_node
from surefoot_nodes.learner_node import FAILED, LearnerNode


class Ended(BaseException):
    """The process would have."""


class Node(LearnerNode):
    """Without ROS."""

    def __init__(self):
        self.values, self._stop = {"run": "run", "meet_every": 0}, threading.Event()
        self._state, self.said, self.told = {"env_step": 7}, [], []
        self._publisher = SimpleNamespace(publish=lambda message: self.told.append(message.data))

    def get_logger(self):
        return SimpleNamespace(error=self.said.append)


@pytest.fixture
def learn(monkeypatch):
    """Let learning raise; return the node, and the exit status of its process if it ended."""

    def leave(status):
        raise Ended(status)

    def _learn(error):
        def fail(*args, **options):
            raise error

        monkeypatch.setattr(live_training, "open_live", fail)
        monkeypatch.setattr(learner_node, "os", SimpleNamespace(_exit=leave))
        node = Node()
        try:
            node._work()
        except Ended as end:
            return node, end.args[0]
        return node, None

    return _learn


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] not enough memory"), OSError(5, "gone")]
)
def test_what_nobody_thought_of_ends_the_process_with_its_trace(learn, error):
    node, status = learn(error)
    assert status == FAILED != os.EX_OK
    assert "Traceback" in node.said[0] and type(error).__name__ in node.said[0]
    assert not node.told


def test_what_learning_decides_ends_learning_alone_and_is_told(learn):
    node, status = learn(TrainingDivergedError("the critics diverged"))
    assert status is None
    assert node.said == ["learning has ended: the critics diverged"]
    assert json.loads(node.told[0]) == {"env_step": 7, "ended": "the critics diverged"}
