"""Seals frames after the handshake, so that nobody on the way can add, change or repeat one."""

from __future__ import annotations

import hmac
import struct

from rl_agent.exceptions import ProtocolError

SEAL_BYTES = 32
_COUNTER = struct.Struct(">Q")


class Session:
    """One connection's keys, a pair of its own for each connection, and how far each has counted.

    A seal is HMAC-SHA256 over a counter and the body. The counter is not sent: a frame that is
    repeated, left out or exchanged with another one does not fit the number that is expected.
    """

    def __init__(self, send_key: bytes, receive_key: bytes) -> None:
        self._send_key, self._receive_key = send_key, receive_key
        self._num_sent = self._num_received = 0

    def seal(self, body: bytes) -> bytes:
        """Return the next body to be sent, with its seal behind it."""
        seal = _seal(self._send_key, self._num_sent, body)
        self._num_sent += 1
        return body + seal

    def open(self, sealed: bytes) -> bytes:
        """Return the body of the next frame that was received.

        Raises:
            ProtocolError: It is not the one that the other end sent next.
        """
        body, seal = sealed[:-SEAL_BYTES], sealed[-SEAL_BYTES:]
        expected = _seal(self._receive_key, self._num_received, body)
        if not hmac.compare_digest(seal, expected):
            raise ProtocolError("a frame's seal does not hold: forged, repeated, or out of order")
        self._num_received += 1
        return body


def _seal(key: bytes, counter: int, body: bytes) -> bytes:
    return hmac.digest(key, _COUNTER.pack(counter) + body, "sha256")
