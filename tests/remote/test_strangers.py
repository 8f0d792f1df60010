"""Who has no key, or has one and sends nonsense, loses its own connection and nothing else."""

import contextlib
import dataclasses
import os
import socket
import struct

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from links import KEY, LINK, digest, receiver, rewards, sender, write
from transitions import LAYOUT
from waiting import wait_until

from rl_agent.clock import SteadyClock
from rl_agent.data.journal import JournalReader
from rl_agent.exceptions import LinkLostError, RefusedError, RemoteError
from rl_agent.remote.channel import Channel
from rl_agent.remote.handshake import Hello, RobotHandshake
from rl_agent.remote.records import pack_rows
from rl_agent.remote.shared_key import SharedKey
from rl_agent.remote.wire import Frame, encode_body, with_length

OTHER = SharedKey(b"x" * 32)
EVERYWHERE = ".".join(["0"] * 4)
QUICK = dataclasses.replace(LINK, heartbeat_s=0.05, timeout_s=5.0, handshake_s=0.3)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20.0)


def is_closed(sock):
    """Read until the other end closes."""
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(65_536):
            pass
    return True


@contextlib.contextmanager
def robots_channel(port, robot_id="arm-1", place_wanted=True):
    """A robot that proved itself, and may send whatever it likes."""
    channel = Channel(connect(port), LINK, SteadyClock())
    try:
        handshake = RobotHandshake(KEY, Hello(robot_id=robot_id, layout=LAYOUT))
        channel.send(handshake.answer(channel.wait_for("challenge", 20.0)))
        channel.secure(handshake.accept(channel.wait_for("welcome", 20.0)))
        if place_wanted:
            place = channel.wait_for("place", 20.0)
            fields = {**place.fields, "takes_policies": False, "policy_version": 0}
            channel.send(Frame("start", fields))
        yield channel
    finally:
        channel.close()


def answer(channel):
    """What the learner says at the end of it."""
    with pytest.raises((RefusedError, LinkLostError)) as caught:
        channel.wait_for("nothing", 20.0)
    return str(caught.value)


def assert_still_works(there, directory, robot_id="good"):
    write(directory, 0, 20)
    with contextlib.closing(sender(directory, there.port, robot_id=robot_id)) as here:
        assert here.wait_until_sent(20, 30.0)
    assert digest(there.replica_dir(robot_id)) == digest(directory)


HOSTILE = {
    "silence and close": b"",
    "text": b"GET / HTTP/1.1\r\nHost: learner\r\n\r\n",
    "2 GB": struct.pack(">I", 2**31),
    "4 GB": b"\xff" * 100,
    "pickle": b"\x80\x04cposix\nsystem\n\x8c\x0ftouch /tmp/pwned\x85R.",
    "beats": with_length(encode_body(Frame("beat"))) * 20,
    "rows": with_length(encode_body(Frame("rows", {"num_rows": 0, "digest": ""}, bytes(200)))),
    "hello without proof": with_length(encode_body(Frame("hello", {"version": 1}))),
    "half a frame": with_length(encode_body(Frame("hello", {"version": 1})))[:-3],
    "many bytes": struct.pack(">I", 4000) + bytes(3_000_000),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_stranger_is_put_out_and_robots_go_on(tmp_path, learner, data):
    there = learner(tmp_path / "learner", link=QUICK)
    with connect(there.port) as sock:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            sock.sendall(data)
        assert is_closed(sock)
    assert there.robots() == {}
    assert_still_works(there, tmp_path / "run")
    assert not os.path.exists("/tmp/pwned")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    with contextlib.closing(receiver(tmp_path_factory.mktemp("learner"), link=QUICK)) as there:
        yield there


@pytest.fixture(scope="module")
def lasting_robots(tmp_path_factory):
    with contextlib.closing(receiver(tmp_path_factory.mktemp("learner"))) as there:
        yield there


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(min_size=1, max_size=200))
def test_whatever_a_stranger_says_the_connection_ends(lasting, data):
    with connect(lasting.port) as sock:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        assert is_closed(sock)
    assert lasting.robots() == {}


def test_many_strangers_leave_memory_and_robots_alone(tmp_path, learner):
    there = learner(tmp_path / "learner", link=QUICK, max_strangers=4)
    before = psutil.Process().memory_info().rss
    socks = [connect(there.port) for _ in range(40)]
    for sock in socks:
        with contextlib.suppress(OSError):
            sock.sendall(struct.pack(">I", 4000) + bytes(1000))
    # More than four are closed at once, the rest when their time to prove themselves is over.
    assert all(is_closed(sock) for sock in socks)
    for sock in socks:
        sock.close()
    assert psutil.Process().memory_info().rss - before < 50_000_000
    assert_still_works(there, tmp_path / "run")


@pytest.mark.parametrize("key", [OTHER, None], ids=["another", "none"])
def test_a_robot_with_the_wrong_key_is_refused_with_a_reason(tmp_path, robot, learner, key):
    write(tmp_path / "run", 0, 5)
    at_learner, at_robot = [], []
    there = learner(tmp_path / "learner", on_message=at_learner.append)
    robot(tmp_path / "run", there.port, key=key, on_message=at_robot.append)
    wait_until(lambda: at_robot and at_learner)
    assert "keys differ" in at_robot[0] and "keys differ" in at_learner[0]
    assert not there.replica_dir("arm-1").exists()


def test_without_a_key_both_ends_work_on_one_machine(tmp_path, robot, learner):
    write(tmp_path / "run", 0, 5)
    there = learner(tmp_path / "learner", key=None)
    assert robot(tmp_path / "run", there.port, key=None).wait_until_sent(5, 30.0)
    assert rewards(there.replica_dir("arm-1")) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("host", [EVERYWHERE, "", "::", "192.0.2.1"])
def test_no_other_address_is_listened_on_without_a_key(tmp_path, host):
    with pytest.raises(RemoteError, match="expected a shared key"):
        receiver(tmp_path / "learner", host=host, key=None)
    assert not (tmp_path / "learner").exists()


def test_with_a_key_all_addresses_may_be_listened_on(tmp_path, learner):
    there = learner(tmp_path / "learner", host=EVERYWHERE)
    assert_still_works(there, tmp_path / "run")


@pytest.mark.parametrize("host", ["192.0.2.1", "learner.example"])
def test_a_robot_without_a_key_speaks_to_no_other_machine(tmp_path, host):
    with pytest.raises(RemoteError, match="expected a shared key"):
        sender(tmp_path / "run", 1234, host=host, key=None)


def test_a_port_or_a_folder_that_is_taken_is_told(tmp_path, learner):
    there = learner(tmp_path / "learner")
    with pytest.raises(RemoteError, match="in use"):
        receiver(tmp_path / "other", port=there.port)
    with pytest.raises(RemoteError, match="another learner writes"):
        receiver(tmp_path / "learner")
    # The refused ones hold nothing.
    learner(tmp_path / "other")


def test_a_stream_that_was_recorded_is_worth_nothing_later(tmp_path, robot, learner, proxy):
    write(tmp_path / "run", 0, 30)
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    here = robot(tmp_path / "run", between.port)
    assert here.wait_until_sent(30, 30.0)
    here.close()
    with connect(there.port) as sock:
        sock.sendall(bytes(between.seen))
        assert is_closed(sock)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


@pytest.mark.parametrize("kind", ["repeated", "changed"])
def test_frames_that_somebody_on_the_way_meddles_with_are_refused(
    tmp_path, robot, learner, proxy, kind
):
    write(tmp_path / "run", 0, 30)
    told = []
    there = learner(tmp_path / "learner", on_message=told.append)
    between = proxy(there.port)
    here = robot(tmp_path / "run", between.port)
    assert here.wait_until_sent(30, 30.0)

    def meddle(data):
        if len(data) < 200:
            return data
        between.change = bytes  # once
        return data + data if kind == "repeated" else data[:-1] + bytes([data[-1] ^ 1])

    between.change = meddle
    write(tmp_path / "run", 30, 60)
    assert here.wait_until_sent(60, 30.0)
    assert any("seal" in text for text in told)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def records(first, last, digest_before=""):
    rows = JournalReader(records.directory).read().rows[first:last]
    return pack_rows(rows, LAYOUT, digest_before).data


def spoilt(data):
    return data[:20] + bytes([data[20] ^ 1]) + data[21:]


def neither_true_nor_false(data):
    """A whole record whose `terminated` is 7; its checksum holds."""
    rows = JournalReader(records.directory).read().rows[:1].copy()
    rows["terminated"].view("u1")[:] = 7
    del data
    return pack_rows(rows, LAYOUT, "").data


NONSENSE = {
    "elsewhere": ({"num_rows": 5, "digest": ""}, bytes, "the copy ends at 0"),
    "another digest": ({"num_rows": 0, "digest": "00" * 16}, bytes, "another digest"),
    "cut": ({"num_rows": 0, "digest": ""}, lambda data: data[:-1], "expected records of"),
    "empty": ({"num_rows": 0, "digest": ""}, lambda data: b"", "expected records of"),
    "spoilt": ({"num_rows": 0, "digest": ""}, spoilt, "checksum"),
    "half true": ({"num_rows": 0, "digest": ""}, neither_true_nor_false, "neither true nor false"),
    "no place": ({}, bytes, "expected a number"),
}


@pytest.mark.parametrize(("fields", "change", "said"), NONSENSE.values(), ids=NONSENSE.keys())
def test_rows_that_do_not_fit_are_not_written(tmp_path, learner, fields, change, said):
    records.directory = tmp_path / "run"
    write(tmp_path / "run", 0, 5)
    there = learner(tmp_path / "learner")
    with robots_channel(there.port) as channel:
        channel.send(Frame("rows", fields, change(records(0, 5))))
        assert said in answer(channel)
    assert rewards(there.replica_dir("arm-1")) == []
    assert_still_works(there, tmp_path / "good")


def test_rows_that_fit_are_acknowledged_with_the_digest(tmp_path, learner):
    records.directory = tmp_path / "run"
    end = write(tmp_path / "run", 0, 5)
    there = learner(tmp_path / "learner")
    with robots_channel(there.port) as channel:
        channel.send(Frame("rows", {"num_rows": 0, "digest": ""}, records(0, 5)))
        ack = channel.wait_for("ack", 20.0)
        assert ack.fields == {"num_rows": 5, "digest": end.digest}


@pytest.mark.parametrize(
    "frame",
    [
        Frame("ack", {"num_rows": 0, "digest": ""}),
        Frame("start", {"num_rows": 0, "digest": ""}),
        Frame("policy", {"version": 1}, b"x"),
        Frame("policy_taken", {"version": -1, "trouble": ""}),
        Frame("policy_taken", {"version": 1, "trouble": 5}),
        Frame("", {}),
    ],
    ids=lambda frame: f"{frame.kind} {dict(frame.fields)}",
)
def test_a_robot_that_sends_what_robots_do_not_is_put_out(tmp_path, learner, frame):
    there = learner(tmp_path / "learner")
    with robots_channel(there.port) as channel:
        channel.send(frame)
        assert answer(channel)
    assert_still_works(there, tmp_path / "good")


@pytest.mark.parametrize(
    "fields",
    [
        {"num_rows": 3, "digest": "", "takes_policies": False, "policy_version": 0},
        {"num_rows": 0, "digest": "00", "takes_policies": False, "policy_version": 0},
        {"num_rows": 0, "digest": "", "takes_policies": 1, "policy_version": 0},
        {"num_rows": 0, "digest": "", "takes_policies": False},
    ],
    ids=str,
)
def test_a_start_elsewhere_is_refused(tmp_path, learner, fields):
    there = learner(tmp_path / "learner")
    with robots_channel(there.port, place_wanted=False) as channel:
        channel.wait_for("place", 20.0)
        channel.send(Frame("start", fields))
        assert answer(channel)
    wait_until(lambda: not there.robots()["arm-1"].is_connected)


PLACES = st.fixed_dictionaries(
    {},
    optional={
        "num_rows": st.integers(-1, 2**64 - 1) | st.text(max_size=3),
        "digest": st.text(max_size=40) | st.binary(max_size=16) | st.just(""),
        "version": st.integers(0, 2**60),
        "trouble": st.text(max_size=20),
        "text": st.text(max_size=20),
    },
)
KINDS = st.sampled_from(
    ["rows", "ack", "place", "start", "policy", "policy_end", "policy_taken", "refused", "hello"]
)
ANY_FRAME = st.builds(Frame, KINDS, PLACES, st.binary(max_size=300))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=st.lists(ANY_FRAME, min_size=1, max_size=4))
def test_whatever_a_robot_sends_only_its_own_connection_may_end(lasting_robots, frames):
    with robots_channel(lasting_robots.port) as channel:
        for frame in frames:
            channel.send(frame)
        channel.pump(1.0)
    with robots_channel(lasting_robots.port, "arm-2") as channel:
        channel.send(Frame("policy_taken", {"version": 1, "trouble": ""}))
        channel.pump(1.0)
        wait_until(lambda: lasting_robots.robots()["arm-2"].policy_version == 1)
    assert JournalReader(lasting_robots.replica_dir("arm-1")).read().rows.size == 0


def test_a_robot_that_falls_silent_is_dropped(tmp_path, learner):
    link = dataclasses.replace(QUICK, timeout_s=0.3)
    told = []
    there = learner(tmp_path / "learner", link=link, on_message=told.append)
    with robots_channel(there.port):
        wait_until(lambda: there.robots()["arm-1"].is_connected)
        wait_until(lambda: not there.robots()["arm-1"].is_connected)
    assert "nothing was heard" in told[-1]


def test_one_robot_too_many_is_refused(tmp_path, learner):
    there = learner(tmp_path / "learner", max_robots=2)
    for robot_id in ("a", "b"):
        assert_still_works(there, tmp_path / robot_id, robot_id)
    with robots_channel(there.port, "c", place_wanted=False) as channel:
        assert "as many as it takes" in answer(channel)
    assert not there.replica_dir("c").exists()
