"""What a robot makes of a learner that is broken: its own journal stays, and it tries again."""

import contextlib
import socket
import struct
import threading

import pytest
from links import KEY, LINK, digest, receiver, rewards, write
from waiting import wait_until

from rl_agent.clock import SteadyClock
from rl_agent.exceptions import RemoteError
from rl_agent.remote.channel import Channel
from rl_agent.remote.handshake import LearnerHandshake
from rl_agent.remote.policy_inbox import PolicyInbox
from rl_agent.remote.shared_key import SharedKey
from rl_agent.remote.wire import Frame, encode_body, with_length

NO_ROWS = Frame("place", {"num_rows": 0, "digest": ""})


class FalseLearner:
    """Answers each connection with whatever a test tells it to."""

    def __init__(self, serve):
        self._serve = serve
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.05)
        self.port = self._server.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._closing.set()
        self._thread.join(10.0)
        self._server.close()

    def _run(self):
        while not self._closing.is_set():
            with contextlib.suppress(OSError, RemoteError):
                sock, _ = self._server.accept()
                with sock:
                    self._serve(sock)


def after_handshake(*frames):
    """Admit the robot, send some frames, and go on until the robot leaves."""

    def serve(sock):
        channel = Channel(sock, LINK, SteadyClock())
        handshake = LearnerHandshake(KEY)
        channel.send(handshake.challenge())
        admission = handshake.admit(channel.wait_for("hello", 10.0))
        channel.send(admission.welcome)
        channel.secure(admission.session)
        for frame in frames:
            channel.send(frame)
        while True:
            channel.pump(0.01)
            channel.receive()

    return serve


def says(data):
    def serve(sock):
        sock.settimeout(5.0)
        sock.sendall(data)
        while sock.recv(1000):
            pass

    return serve


FALSE = {
    "closes": lambda sock: None,
    "2 GB": says(struct.pack(">I", 2**31)),
    "another protocol": says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "another version": says(
        with_length(encode_body(Frame("challenge", {"version": 9, "nonce": bytes(32)})))
    ),
    "welcome without a challenge": says(
        with_length(encode_body(Frame("welcome", {"proof": bytes(32)})))
    ),
    "false proof": says(
        with_length(encode_body(Frame("challenge", {"version": 1, "nonce": bytes(32)})))
        + with_length(encode_body(Frame("welcome", {"proof": bytes(32)})))
    ),
    "no place": after_handshake(Frame("ack", {"num_rows": 0, "digest": ""})),
    "half a place": after_handshake(Frame("place", {"num_rows": 0})),
    "more than there is": after_handshake(Frame("place", {"num_rows": 10**9, "digest": ""})),
    "another digest": after_handshake(Frame("place", {"num_rows": 0, "digest": "00"})),
    "an ack of nothing": after_handshake(NO_ROWS, Frame("ack", {"num_rows": 7, "digest": ""})),
    "rows": after_handshake(NO_ROWS, Frame("rows", {"num_rows": 0, "digest": ""}, b"x")),
    "a policy nobody wants": after_handshake(NO_ROWS, Frame("policy", {"version": 1})),
    "refuses": after_handshake(NO_ROWS, Frame("refused", {"text": "go \x1b[2J away"})),
}


@pytest.mark.parametrize("serve", FALSE.values(), ids=FALSE.keys())
def test_a_false_learner_changes_nothing_and_a_true_one_is_found_again(
    tmp_path, robot, closing_all, proxy, serve
):
    write(tmp_path / "run", 0, 30)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    false = closing_all(FalseLearner(serve))
    between = proxy(false.port)
    told = []
    here = robot(tmp_path / "run", between.port, on_message=told.append)
    wait_until(lambda: told)
    assert "\x1b" not in told[0]
    between.target_port = closing_all(receiver(tmp_path / "learner")).port
    between.cut()
    between.mend()
    assert here.wait_until_sent(30, 30.0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    assert digest(tmp_path / "learner/arm-1") == digest(tmp_path / "run")


def test_a_learner_with_another_key_gets_no_row(tmp_path, robot, learner):
    write(tmp_path / "run", 0, 5)
    told = []
    there = learner(tmp_path / "learner", key=SharedKey(b"y" * 32))
    robot(tmp_path / "run", there.port, on_message=told.append)
    wait_until(lambda: told)
    assert not there.replica_dir("arm-1").exists()


def test_a_learner_that_never_acknowledges_gets_a_window_and_no_more(tmp_path, robot, closing_all):
    write(tmp_path / "run", 0, 500)
    num_bytes = []

    def serve(sock):
        channel = Channel(sock, LINK, SteadyClock())
        handshake = LearnerHandshake(KEY)
        channel.send(handshake.challenge())
        admission = handshake.admit(channel.wait_for("hello", 10.0))
        channel.send(admission.welcome)
        channel.secure(admission.session)
        channel.send(NO_ROWS)
        while True:
            channel.pump(0.01)
            if (frame := channel.receive()) is not None and frame.kind == "rows":
                num_bytes.append(len(frame.payload))

    false = closing_all(FalseLearner(serve))
    here = robot(tmp_path / "run", false.port, window_bytes=8192)
    # 500 rows are 46 kB. What follows a full window is beats alone.
    wait_until(lambda: sum(num_bytes) > 8192 - 2048)
    assert not here.wait_until_sent(1, 0.3)
    assert sum(num_bytes) <= 8192


def test_policies_that_are_no_parcel_end_the_link_and_not_the_robot(tmp_path, robot, closing_all):
    arrived, told = [], []
    fields = {"version": 1, "name": "../../x", "start": 0}
    false = closing_all(FalseLearner(after_handshake(NO_ROWS, Frame("policy", fields, b"x"))))
    box = closing_all(PolicyInbox(tmp_path / "inbox", arrived.append))
    here = robot(tmp_path / "run", false.port, inbox=box, on_message=told.append)
    wait_until(lambda: here.status.num_links > 2)
    assert arrived == [] and not (tmp_path / "x").exists()
    assert "a policy's file of the name" in told[0]


def test_the_journal_goes_on_growing_meanwhile(tmp_path, robot):
    here = robot(tmp_path / "run", 9)  # nobody listens there
    wait_until(lambda: here.status.trouble)
    write(tmp_path / "run", 0, 150)
    assert rewards(tmp_path / "run") == list(range(150))
