import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.exceptions import ProtocolError
from rl_agent.remote.session import SEAL_BYTES, Session

ONE, OTHER = b"1" * 32, b"2" * 32


def pair():
    return Session(ONE, OTHER), Session(OTHER, ONE)


@given(bodies=st.lists(st.binary(max_size=100), max_size=5))
def test_what_is_sealed_can_be_opened_in_order(bodies):
    robot, learner = pair()
    assert [learner.open(robot.seal(body)) for body in bodies] == bodies
    assert [robot.open(learner.seal(body)) for body in bodies] == bodies


@given(body=st.binary(max_size=50), at=st.integers(0, SEAL_BYTES + 49), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed(body, at, change):
    robot, learner = pair()
    sealed = bytearray(robot.seal(body))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(ProtocolError, match="seal"):
        learner.open(bytes(sealed))


@pytest.mark.parametrize("order", [(0, 0), (1,), (1, 0), (0, 2)], ids=str)
def test_frames_that_are_repeated_left_out_or_exchanged_are_refused(order):
    robot, learner = pair()
    sealed = [robot.seal(bytes([index])) for index in range(3)]
    with pytest.raises(ProtocolError, match="repeated"):
        for index in order:
            learner.open(sealed[index])


def test_a_frame_is_not_taken_back_by_its_sender():
    robot, _ = pair()
    with pytest.raises(ProtocolError):
        robot.open(robot.seal(b"rows"))


@pytest.mark.parametrize("size", [0, 1, SEAL_BYTES - 1, SEAL_BYTES])
def test_a_frame_without_a_seal_is_refused(size):
    _, learner = pair()
    with pytest.raises(ProtocolError):
        learner.open(bytes(size))
