import dataclasses

import pytest
from links import KEY
from transitions import LAYOUT

from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import ProtocolError, RefusedError, RemoteError
from rl_agent.remote.handshake import Hello, LearnerHandshake, RobotHandshake
from rl_agent.remote.shared_key import NO_KEY, SharedKey
from rl_agent.remote.wire import Frame

HELLO = Hello(robot_id="arm-1", layout=LAYOUT)
OTHER = SharedKey(b"x" * 32)


def changed(frame, **fields):
    return dataclasses.replace(frame, fields={**frame.fields, **fields})


def flipped(data):
    return bytes([data[0] ^ 1, *data[1:]])


def test_both_come_to_the_same_session():
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    admission = learner.admit(robot.answer(learner.challenge()))
    session = robot.accept(admission.welcome)
    assert admission.hello == HELLO
    assert admission.session.open(session.seal(b"up")) == b"up"
    assert session.open(admission.session.seal(b"down")) == b"down"


def test_every_connection_has_keys_of_its_own():
    seals = set()
    for _ in range(3):
        robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
        admission = learner.admit(robot.answer(learner.challenge()))
        seals.add(robot.accept(admission.welcome).seal(b"same"))
        seals.add(admission.session.seal(b"same"))
    assert len(seals) == 6


@pytest.mark.parametrize("key", [OTHER, NO_KEY], ids=["other", "none"])
def test_a_robot_with_another_key_is_refused(key):
    robot, learner = RobotHandshake(key, HELLO), LearnerHandshake(KEY)
    with pytest.raises(RefusedError, match="keys differ"):
        learner.admit(robot.answer(learner.challenge()))


def test_a_learner_with_another_key_is_refused():
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    robot.answer(learner.challenge())
    with pytest.raises(RefusedError, match="shared key"):
        robot.accept(Frame("welcome", {"proof": OTHER.code(b"learner", b"")}))


def test_a_learner_cannot_give_the_robots_own_proof_back():
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    hello = robot.answer(learner.challenge())
    with pytest.raises(RefusedError):
        robot.accept(Frame("welcome", {"proof": hello.raw("proof", 32)}))


def test_a_hello_that_was_overheard_is_worth_nothing_later():
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    overheard = robot.answer(learner.challenge())
    with pytest.raises(RefusedError):
        LearnerHandshake(KEY).admit(overheard)


@pytest.mark.parametrize(
    "change",
    [
        lambda hello: {"robot_id": "arm-2"},
        lambda hello: {"obs_dim": 3},
        lambda hello: {"contract": "00"},
        lambda hello: {"nonce": flipped(hello.raw("nonce", 32))},
        lambda hello: {"proof": flipped(hello.raw("proof", 32))},
    ],
    ids=["robot", "layout", "contract", "nonce", "proof"],
)
def test_nothing_in_a_hello_can_be_changed_on_the_way(change):
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    hello = robot.answer(learner.challenge())
    with pytest.raises(RefusedError, match="keys differ"):
        learner.admit(changed(hello, **change(hello)))


@pytest.mark.parametrize(
    "fields",
    [
        {"robot_id": "../arm"},
        {"robot_id": ""},
        {"robot_id": "-rf"},
        {"robot_id": "a/b"},
        {"robot_id": "arm\n"},
        {"robot_id": "x" * 65},
        {"robot_id": 5},
        {"obs_dim": 10_001},
        {"obs_dim": -1},
        {"act_dim": "2"},
        {"contract": "x" * 65},
        {"contract": 5},
        {"nonce": b""},
        {"proof": b"x"},
        {"version": True},
    ],
    ids=str,
)
def test_a_hello_of_anything_else_is_refused(fields):
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    hello = robot.answer(learner.challenge())
    with pytest.raises(ProtocolError):
        learner.admit(changed(hello, **fields))


@pytest.mark.parametrize("kind", ["challenge", "hello", "welcome"])
def test_each_step_insists_on_its_frame(kind):
    frame = Frame(kind, {})
    if kind != "challenge":
        with pytest.raises(ProtocolError):
            RobotHandshake(KEY, HELLO).answer(frame)
    with pytest.raises(ProtocolError):
        LearnerHandshake(KEY).admit(frame)
    with pytest.raises(ProtocolError):
        RobotHandshake(KEY, HELLO).accept(frame)


def test_another_version_is_told_at_both_ends():
    robot, learner = RobotHandshake(KEY, HELLO), LearnerHandshake(KEY)
    with pytest.raises(RefusedError, match="learner speaks version 2"):
        robot.answer(changed(learner.challenge(), version=2))
    hello = robot.answer(learner.challenge())
    with pytest.raises(RefusedError, match="robot speaks version 2"):
        learner.admit(changed(hello, version=2))


@pytest.mark.parametrize("robot_id", ["", "../x"])
def test_nobody_says_hello_by_what_is_no_plain_name(robot_id):
    with pytest.raises(RemoteError, match="robot_id"):
        Hello(robot_id=robot_id, layout=LAYOUT)


def test_rows_that_no_robot_has_are_refused():
    with pytest.raises(RemoteError, match="obs_dim"):
        Hello(robot_id="arm", layout=TransitionLayout(obs_dim=10**6, act_dim=1))
