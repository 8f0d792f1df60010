import socket

import pytest
from links import LINK

from rl_agent.clock import ManualClock, SteadyClock
from rl_agent.exceptions import LinkLostError, ProtocolError, RefusedError, RemoteError
from rl_agent.remote.channel import Channel, LinkConfig
from rl_agent.remote.session import Session
from rl_agent.remote.wire import Frame

ONE, OTHER = b"1" * 32, b"2" * 32


@pytest.fixture
def pair(closing_all):
    """Two ends; `secure` seals them."""

    def made(clock=None, secure=True):
        with socket.create_server(("127.0.0.1", 0)) as server:
            near = socket.create_connection(server.getsockname())
            far, _ = server.accept()
        ends = [closing_all(Channel(sock, LINK, clock or SteadyClock())) for sock in (near, far)]
        if secure:
            ends[0].secure(Session(ONE, OTHER))
            ends[1].secure(Session(OTHER, ONE))
        return ends

    return made


def test_frames_come_through_in_order(pair):
    near, far = pair()
    sent = [Frame("rows", {"index": index}, bytes(index)) for index in range(20)]
    for frame in sent:
        near.send(frame)
    near.pump(1.0)
    assert [far.wait_for("rows", 5.0) for _ in sent] == sent
    assert near.num_waiting == 0


def test_who_has_nothing_to_say_beats_and_is_heard(pair):
    clock = ManualClock()
    near, far = pair(clock)
    for _ in range(100):
        clock.advance(0.5 * LINK.timeout_s)
        near.pump(0.0)
        far.pump(1.0)
        assert far.receive() is None
        near.pump(1.0)
        assert near.receive() is None
    clock.advance(1.01 * LINK.timeout_s)
    with pytest.raises(LinkLostError, match="nothing was heard"):
        near.pump(0.0)


def test_strangers_get_no_beats(pair):
    clock = ManualClock()
    near, _ = pair(clock, secure=False)
    clock.advance(0.5 * LINK.timeout_s)
    near.pump(0.0)
    assert near.num_waiting == 0


def test_an_end_that_takes_nothing_is_given_up_before_memory_is_full(pair):
    near, _ = pair()
    with pytest.raises(LinkLostError, match="takes nothing"):
        for _ in range(20_000):
            near.send(Frame("rows", {}, bytes(2000)))
            near.pump(0.0)
    assert near.num_waiting < 5 * LINK.max_frame_bytes


def test_what_was_said_before_closing_is_heard(pair):
    near, far = pair()
    near.send(Frame("ack"))
    near.pump(1.0)
    near.close()
    assert far.wait_for("ack", 5.0).kind == "ack"
    with pytest.raises(LinkLostError, match="closed"):
        far.wait_for("ack", 5.0)


def test_a_refusal_is_heard_although_much_was_on_its_way(pair):
    near, far = pair()
    for _ in range(3):
        near.send(Frame("rows", {}, bytes(2000)))
    near.pump(1.0)
    far.refuse("no\nroom \x1b[31m")
    near.send(Frame("rows", {}, bytes(2000)))
    with pytest.raises(RefusedError) as caught:
        near.wait_for("ack", 5.0)
    assert str(caught.value) == "no room  [31m"


def test_another_kind_than_the_expected_one_is_refused(pair):
    near, far = pair()
    near.send(Frame("rows"))
    near.pump(1.0)
    with pytest.raises(ProtocolError, match="expected a ack, found 'rows'"):
        far.wait_for("ack", 5.0)


def test_what_does_not_come_in_time_is_told(pair):
    _, far = pair(secure=False)
    with pytest.raises(LinkLostError, match="expected a hello within"):
        far.wait_for("hello", 0.05)


@pytest.mark.parametrize(
    "changes",
    [
        {"poll_s": 0.0},
        {"heartbeat_s": -1.0},
        {"timeout_s": float("inf")},
        {"timeout_s": 1.9, "heartbeat_s": 1.0},
        {"handshake_s": float("nan")},
        {"max_payload_bytes": 1023},
        {"max_payload_bytes": 2**24 + 1},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_by_name(changes):
    with pytest.raises(RemoteError, match=next(iter(changes))):
        LinkConfig(**changes)
