"""One connection: frames out and in over a socket, never waiting longer than asked to."""

from __future__ import annotations

import contextlib
import select
import socket
from collections import deque
from dataclasses import dataclass

from rl_agent.clock import Clock
from rl_agent.exceptions import LinkLostError, ProtocolError, RefusedError, RemoteError

from .session import SEAL_BYTES, Session
from .wire import OVERHEAD_BYTES, Frame, FrameReader, encode_body, printable, with_length

HANDSHAKE_BYTES = 4096
"""No frame before the handshake is longer."""
GOODBYE_S = 0.5
_READ_BYTES = 262_144
_BEAT = "beat"


@dataclass(frozen=True, kw_only=True)
class LinkConfig:
    """Times and sizes that both ends of a link have; the times need not be the same ones."""

    poll_s: float = 0.05
    """Longest wait for the network before other things are looked after."""
    heartbeat_s: float = 1.0
    """An end that has nothing to say says so this often."""
    timeout_s: float = 5.0
    """An end that was silent for so long is given up. On a bad radio link take more."""
    handshake_s: float = 5.0
    """Who has not proved itself by then is dropped."""
    max_payload_bytes: int = 262_144
    """Of one frame, rows or a piece of a policy; the same at both ends."""

    def __post_init__(self) -> None:
        """Refuse times that would make a working link look dead.

        Raises:
            RemoteError: Names the setting, what was expected and what was found.
        """
        for name in ("poll_s", "heartbeat_s", "timeout_s", "handshake_s"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise RemoteError(f"{name}: expected a time above 0 s, found {getattr(self, name)}")
        if self.timeout_s < 2.0 * self.heartbeat_s:
            expected = f"timeout_s: expected at least twice heartbeat_s ({self.heartbeat_s:g} s)"
            raise RemoteError(f"{expected}, found {self.timeout_s:g} s")
        if not 1024 <= self.max_payload_bytes <= 2**24:
            expected = f"max_payload_bytes: expected 1024 to {2**24}"
            raise RemoteError(f"{expected}, found {self.max_payload_bytes}")

    @property
    def max_frame_bytes(self) -> int:
        """What a sealed frame takes at most."""
        return self.max_payload_bytes + OVERHEAD_BYTES + SEAL_BYTES


class Channel:
    """Sends and receives frames; used by one thread, apart from `interrupt`."""

    def __init__(self, sock: socket.socket, config: LinkConfig, clock: Clock) -> None:
        """Take over a connected socket."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._config, self._clock = sock, config, clock
        self._poll = select.poll()
        self._reader = FrameReader(HANDSHAKE_BYTES)
        self._session: Session | None = None
        self._outbox: deque[memoryview] = deque()
        self._num_waiting = 0
        self._is_over, self._why = False, "the other end closed the connection"
        self._sent_s = self._heard_s = clock.now()

    @property
    def num_waiting(self) -> int:
        """Bytes that were sent by us and not yet taken by the operating system."""
        return self._num_waiting

    def secure(self, session: Session) -> None:
        """Seal every frame from here on, and expect a seal on what comes."""
        self._session = session
        self._reader.open_body = session.open
        self._reader.max_bytes = self._config.max_frame_bytes

    def send(self, frame: Frame) -> None:
        """Queue a frame; `pump` puts it on its way.

        Raises:
            LinkLostError: The other end takes nothing any more.
        """
        body = encode_body(frame)
        data = with_length(self._session.seal(body) if self._session else body)
        if self._num_waiting > 4 * self._config.max_frame_bytes:
            raise LinkLostError("the other end takes nothing any more")
        self._outbox.append(memoryview(data))
        self._num_waiting += len(data)
        self._sent_s = self._clock.now()

    def pump(self, timeout_s: float) -> None:
        """Send what waits and take what came; wait for either at most `timeout_s`.

        Raises:
            LinkLostError: The other end was silent for too long.
        """
        self._beat_if_due()
        wanted = select.POLLOUT if self._outbox else 0
        # Nothing more is read while frames wait to be received: memory stays bounded.
        may_read = not self._is_over and self._reader.num_bytes <= self._config.max_frame_bytes
        self._poll.register(self._socket, wanted | (select.POLLIN if may_read else 0))
        for _, event in self._poll.poll(int(1000.0 * timeout_s)):
            if may_read and event & ~select.POLLOUT:
                self._read()
            if event & select.POLLOUT:
                self._write()
        silent_s = self._clock.now() - self._heard_s
        if silent_s > self._config.timeout_s and not self._is_over:
            raise LinkLostError(f"nothing was heard for {silent_s:.1f} s")

    def receive(self) -> Frame | None:
        """Return the next frame that has arrived; None if there is none.

        Raises:
            ProtocolError: What arrived is no frame of this connection.
            RefusedError: The other end will not go on, and says why.
            LinkLostError: The other end has closed the connection, or it broke.
        """
        while (frame := self._reader.next_frame()) is not None:
            if frame.kind == "refused":
                raise RefusedError(printable(frame.text("text")))
            if frame.kind != _BEAT:
                return frame
        if self._is_over:
            raise LinkLostError(self._why)
        return None

    def wait_for(self, kind: str, timeout_s: float) -> Frame:
        """Return the next frame, which must be of a kind.

        Raises:
            ProtocolError: It is of another one.
            LinkLostError: It did not come in time.
            RefusedError: The other end will not go on, and says why.
        """
        deadline_s = self._clock.now() + timeout_s
        while (frame := self.receive()) is None:
            if (left_s := deadline_s - self._clock.now()) <= 0.0:
                raise LinkLostError(f"expected a {kind} within {timeout_s:g} s, nothing came")
            self.pump(min(left_s, self._config.poll_s))
        if frame.kind != kind:
            raise ProtocolError(f"expected a {kind}, found {frame.kind!r:.30}")
        return frame

    def refuse(self, text: str) -> None:
        """Tell the other end why we will not go on, as far as it still listens; then close."""
        deadline_s = self._clock.now() + GOODBYE_S
        with contextlib.suppress(OSError, RemoteError):
            self.send(Frame("refused", {"text": printable(text)}))
            self._write()
            self._socket.shutdown(socket.SHUT_WR)
            # Closing with something unread would reset the connection, and the text be lost.
            self._socket.settimeout(GOODBYE_S)
            while self._socket.recv(_READ_BYTES) and self._clock.now() < deadline_s:
                pass
        self.close()

    def interrupt(self) -> None:
        """Wake who uses it and end it for him; the one call that another thread may make."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _beat_if_due(self) -> None:
        if self._session and self._clock.now() - self._sent_s >= self._config.heartbeat_s:
            self.send(Frame(_BEAT))

    def _write(self) -> None:
        while self._outbox:
            try:
                sent = self._socket.send(self._outbox[0])
            except BlockingIOError:
                return
            except OSError:
                # Reading tells the end of it, and before that why the other end closed.
                self._outbox.clear()
                self._num_waiting = 0
                return
            self._num_waiting -= sent
            if sent == len(self._outbox[0]):
                self._outbox.popleft()
            else:
                self._outbox[0] = self._outbox[0][sent:]

    def _read(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            data, self._why = b"", f"the connection broke: {error.strerror}"
        self._is_over = not data
        self._heard_s = self._clock.now()
        self._reader.feed(data)
