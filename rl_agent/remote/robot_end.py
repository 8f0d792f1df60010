"""One connection, seen from the robot: rows go out, acknowledgements and policies come in.

learner  contract  its own, where the robot's is another one; the robot then refuses, and says why
learner  place   how long its copy is, and the copy's digest
robot    start   the same, found in its own journal; or refused
robot    rows    as many as the window lets go out unacknowledged
learner  ack     how long the copy is now
learner  policy, policy_end        robot  policy_taken
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rl_agent.clock import Clock
from rl_agent.deploy.contract import Contract
from rl_agent.exceptions import LinkLostError, ProtocolError, RemoteError

from .channel import Channel, LinkConfig
from .handshake import Hello, RobotHandshake
from .policy_inbox import PolicyInbox
from .row_source import Place, RowChunk, RowSource
from .shared_key import SharedKey
from .terms import refusal
from .wire import Frame, Value

_CATCH_UP_BYTES = 1_000_000


class _Sent(NamedTuple):
    end: Place
    num_bytes: int


class RobotEnd:
    """Carries rows over one connection until it is lost."""

    def __init__(
        self,
        channel: Channel,
        source: RowSource,
        config: LinkConfig,
        clock: Clock,
        *,
        window_bytes: int,
        send_interval_s: float,
        inbox: PolicyInbox | None,
        contract: Contract | None = None,
    ) -> None:
        """Take over a connection that was just made.

        Args:
            channel: The connection.
            source: The robot's rows; at any place.
            config: Times and sizes of the link.
            clock: Steady.
            window_bytes: At most so much is sent before it is acknowledged.
            send_interval_s: Rows are collected for so long.
            inbox: Takes policies; None if the robot wants none.
            contract: Between the robot and its policies; None if nobody asks for it.
        """
        self._channel, self._source, self._config, self._clock = channel, source, config, clock
        self._window_bytes, self._send_interval_s = window_bytes, send_interval_s
        self._inbox, self._contract = inbox, contract
        self._in_flight: deque[_Sent] = deque()
        self._in_flight_bytes = 0
        self._next_read_s = clock.now()
        self.acknowledged = Place()
        """What the learner is known to hold."""

    @property
    def places(self) -> list[Place]:
        """All places where the learner's copy may end now, as far as this end knows."""
        return [self.acknowledged, *(sent.end for sent in self._in_flight)]

    def greet(self, key: SharedKey, hello: Hello) -> None:
        """Prove who we are, and let the learner prove itself.

        Raises:
            RemoteError: One of the two failed.
        """
        handshake = RobotHandshake(key, hello)
        challenge = self._channel.wait_for("challenge", self._config.handshake_s)
        self._channel.send(handshake.answer(challenge))
        welcome = self._channel.wait_for("welcome", self._config.handshake_s)
        self._channel.secure(handshake.accept(welcome))

    def agree(self, known: Iterable[Place], should_stop: Callable[[], bool]) -> None:
        """Find the place where the learner's copy ends.

        Args:
            known: Places where it may end; elsewhere the journal is read from its beginning.
            should_stop: Ends it early.

        Raises:
            RemoteError: The copy is not one of this journal, the learner's contract is another one,
                or the link is lost.
            JournalError: The journal cannot be read.
        """
        frame = self._next_frame(should_stop)
        if frame.kind == "contract":
            error = refusal(self._contract, frame.payload)
            self._channel.refuse(str(error))
            raise error
        if frame.kind != "place":
            raise ProtocolError(f"expected a place, found {frame.kind!r:.30}")
        target = _read_place(frame)
        fitting = [p for p in known if (p.num_rows, p.digest) == (target.num_rows, target.digest)]
        self._source.go_to(fitting[0] if fitting else Place())
        try:
            while not self._source.catch_up(target, _CATCH_UP_BYTES):
                self._channel.pump(0.0)
                self._insist_on_silence(should_stop)
        except RemoteError as error:
            self._channel.refuse(str(error))
            raise
        self.acknowledged = self._source.place
        self._channel.send(Frame("start", {**_place_fields(target), **self._policy_fields()}))
        if self._inbox is not None:
            self._inbox.begin()

    def step(self) -> None:
        """Do what there is to do, and wait for more at most `poll_s`.

        Raises:
            RemoteError: The link is lost, or the learner will not go on.
            JournalError: The journal cannot be read.
            OSError: Neither can the disk.
        """
        self._send_rows()
        self._channel.pump(self._config.poll_s)
        while (frame := self._channel.receive()) is not None:
            self._handle(frame)
        for taken in self._inbox.taken() if self._inbox else ():
            fields: dict[str, Value] = {"version": taken.policy_version, "trouble": taken.trouble}
            self._channel.send(Frame("policy_taken", fields))

    def _send_rows(self) -> None:
        # Several chunks to a window: one is on its way while another is being acknowledged.
        most = min(self._config.max_payload_bytes, self._window_bytes // 4)
        while (
            self._clock.now() >= self._next_read_s
            and self._in_flight_bytes + most <= self._window_bytes
        ):
            chunk = self._source.read(most)
            if chunk is None or 2 * len(chunk.data) < most:
                # Nothing more, for now; small frames one by one would sync the disk each time.
                self._next_read_s = self._clock.now() + self._send_interval_s
            if chunk is not None:
                self._send_chunk(chunk)

    def _send_chunk(self, chunk: RowChunk) -> None:
        self._in_flight.append(_Sent(chunk.end, len(chunk.data)))
        self._in_flight_bytes += len(chunk.data)
        self._channel.send(Frame("rows", _place_fields(chunk.start), chunk.data))

    def _handle(self, frame: Frame) -> None:
        if frame.kind == "ack":
            self._acknowledge(_read_place(frame))
        elif frame.kind in ("policy", "policy_end") and self._inbox is not None:
            self._inbox.add(frame)
        else:
            raise ProtocolError(f"a frame of the kind {frame.kind!r:.30}")

    def _acknowledge(self, place: Place) -> None:
        while self._in_flight and self._in_flight[0].end.num_rows <= place.num_rows:
            sent = self._in_flight.popleft()
            self._in_flight_bytes -= sent.num_bytes
            self.acknowledged = sent.end
        held = self.acknowledged
        if (held.num_rows, held.digest) != (place.num_rows, place.digest):
            raise ProtocolError("the learner acknowledges what was not sent")

    def _policy_fields(self) -> dict[str, Value]:
        version = self._inbox.newest_version if self._inbox else 0
        return {"takes_policies": self._inbox is not None, "policy_version": version}

    def _next_frame(self, should_stop: Callable[[], bool]) -> Frame:
        while (frame := self._channel.receive()) is None:
            _end_if(should_stop)
            self._channel.pump(self._config.poll_s)
        return frame

    def _insist_on_silence(self, should_stop: Callable[[], bool]) -> None:
        _end_if(should_stop)
        if (frame := self._channel.receive()) is not None:
            raise ProtocolError(f"a frame of the kind {frame.kind!r:.30} before the start")


def _end_if(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise LinkLostError("closed by ourselves")


def _read_place(frame: Frame) -> Place:
    return Place(num_rows=frame.number("num_rows"), digest=frame.text("digest", 64))


def _place_fields(place: Place) -> dict[str, Value]:
    return {"num_rows": place.num_rows, "digest": place.digest}
