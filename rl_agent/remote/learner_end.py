"""One connection, seen from the learner: rows come in, acknowledgements and policies go out.

The frames are listed in `robot_end`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, wait

from rl_agent.data.journal import JournalOffset
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import (
    DiskFullError,
    JournalError,
    LinkLostError,
    ProtocolError,
    RefusedError,
    RemoteError,
)

from .channel import Channel, LinkConfig
from .handshake import Hello, LearnerHandshake
from .parcel import Parcel
from .replica import Replica
from .replicas import Replicas
from .shared_key import SharedKey
from .terms import Terms
from .wire import Frame, Value


class LearnerEnd:
    """Takes one robot's rows until the connection ends; whatever goes wrong ends that one alone."""

    def __init__(
        self,
        channel: Channel,
        config: LinkConfig,
        *,
        key: SharedKey,
        replicas: Replicas,
        opener: Executor,
        newest_policy: Callable[[], Parcel | None],
        terms: Terms | None,
        on_message: Callable[[str, str], None],
    ) -> None:
        """Take over a connection from somebody unknown.

        Args:
            channel: The connection.
            config: Times and sizes of the link.
            key: Without it nobody comes in.
            replicas: The robots' copies.
            opener: Opens them: that reads a whole journal, and the link must not fall silent.
            newest_policy: What robots should have; None while there is none.
            terms: What a robot must have in common with us; None takes any.
            on_message: Is told whose copy it is about, empty for none, and what there is to say.
        """
        self._channel, self._config, self._key = channel, config, key
        self._replicas, self._opener = replicas, opener
        self._newest_policy, self._terms, self._on_message = newest_policy, terms, on_message
        self._stop = threading.Event()
        self._sent_version: int | None = None
        self._pieces: Iterator[Frame] | None = None
        self.robot_id = ""
        """Whose it is; empty until the robot has proved itself."""
        self.has_copy = False
        """Whether it has come so far as to hold its robot's copy."""
        self.taken_version = 0
        """Newest policy that the robot says it has."""

    def stop(self) -> None:
        """End soon."""
        self._stop.set()
        self._channel.interrupt()

    def run(self) -> None:
        """Serve it to its end; raises nothing that a peer or a disk could cause."""
        try:
            self._serve()
        except LinkLostError as error:
            if not self._stop.is_set():
                self._say(error)
        except (RemoteError, JournalError, DiskFullError, OSError) as error:
            self._say(error)
            if self.robot_id or isinstance(error, RefusedError):
                self._channel.refuse(str(error))
        finally:
            self._channel.close()

    def _serve(self) -> None:
        hello = self._shake_hands()
        if self._terms is not None:
            self._insist(self._terms, hello)
        replica = self._replicas.of(hello.robot_id)
        replica.hold(self, self._config.timeout_s / 2.0)
        self.has_copy = True
        try:
            self._agree(replica, hello.layout)
            while not self._stop.is_set():
                self._send_policy()
                self._channel.pump(self._config.poll_s)
                while (frame := self._channel.receive()) is not None:
                    self._handle(frame, replica)
        finally:
            replica.release()

    def _shake_hands(self) -> Hello:
        handshake = LearnerHandshake(self._key)
        self._channel.send(handshake.challenge())
        admission = handshake.admit(self._channel.wait_for("hello", self._config.handshake_s))
        self._channel.send(admission.welcome)
        self._channel.secure(admission.session)
        self.robot_id = admission.hello.robot_id
        return admission.hello

    def _insist(self, terms: Terms, hello: Hello) -> None:
        """Let in nobody who is under another contract; before anything of his is written.

        Raises:
            RefusedError: Says what differs, in the words of the robot, which knows both.
        """
        terms.insist_on_layout(hello)
        if not terms.hold_for(hello):
            self._channel.send(Frame("contract", {}, terms.to_bytes()))
            self._channel.wait_for("refused", self._config.handshake_s)

    def _agree(self, replica: Replica, layout: TransitionLayout) -> None:
        place = _place_fields(self._open(replica, layout))
        self._channel.send(Frame("place", place))
        # The robot may have to read its whole journal; it beats while it does.
        while (start := self._channel.receive()) is None:
            if self._stop.is_set():
                raise LinkLostError("closed by ourselves")
            self._channel.pump(self._config.poll_s)
        if start.kind != "start" or {name: start.fields.get(name) for name in place} != place:
            raise ProtocolError("expected a start where the copy ends")
        self.taken_version = start.number("policy_version")
        self._sent_version = self.taken_version if start.flag("takes_policies") else None
        self._say(f"connected, its copy holds {start.number('num_rows')} rows")
        newest = self._newest_policy()
        if newest is not None and self.taken_version > newest.policy_version:
            had = f"has policy {self.taken_version} already and will not take"
            self._say(f"{had} {newest.policy_version}; publish a higher version")

    def _open(self, replica: Replica, layout: TransitionLayout) -> JournalOffset:
        opening = self._opener.submit(replica.open, layout)
        try:
            while not opening.done():
                self._channel.pump(self._config.poll_s)
                if (frame := self._channel.receive()) is not None:
                    raise ProtocolError(f"a frame of the kind {frame.kind!r:.30} before the place")
        finally:
            # Also where the robot is gone already: nobody else may open it at the same time.
            wait([opening])
        return opening.result()

    def _handle(self, frame: Frame, replica: Replica) -> None:
        if frame.kind == "rows":
            num_rows, digest = frame.number("num_rows"), frame.text("digest", 64)
            end = replica.append(num_rows, digest, frame.payload)
            self._channel.send(Frame("ack", _place_fields(end)))
        elif frame.kind == "policy_taken":
            self._note(frame.number("version"), frame.text("trouble"))
        else:
            raise ProtocolError(f"a frame of the kind {frame.kind!r:.30}")

    def _note(self, version: int, trouble: str) -> None:
        if trouble:
            self._say(f"does not take policy {version}: {trouble}")
        else:
            self.taken_version = max(self.taken_version, version)

    def _send_policy(self) -> None:
        newest = self._newest_policy()
        if self._sent_version is None or newest is None:
            return
        if self._pieces is None and newest.policy_version > self._sent_version:
            self._sent_version = newest.policy_version
            self._pieces = newest.frames(self._config.max_payload_bytes)
        # A piece at a time, as the robot takes them: acknowledgements go between.
        while self._pieces and self._channel.num_waiting < self._config.max_payload_bytes:
            if (piece := next(self._pieces, None)) is None:
                self._pieces = None
            else:
                self._channel.send(piece)

    def _say(self, what: object) -> None:
        text = f"{self.robot_id or 'somebody without the key'}: {what}"
        self._on_message(self.robot_id if self.has_copy else "", text)


def _place_fields(end: JournalOffset) -> dict[str, Value]:
    return {"num_rows": end.num_records, "digest": end.digest}
