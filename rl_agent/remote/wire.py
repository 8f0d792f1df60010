"""Frames of the link: a length that is capped before anything is kept, a checksum, a flat header.

    length (4 bytes, big-endian) | crc32 (4) | header length (2) | header (msgpack) | payload

`length` counts what follows it; the checksum covers the header and the payload. A header is one map
of short names to integers, short texts, short byte strings and truth values, nothing nested. What
a payload means is the header's kind to say: rows of the agreed layout, or a piece of a file. There
is no compression, and nothing that is read can run anything.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgpack

from rl_agent.exceptions import ProtocolError

MAX_HEADER_BYTES = 4096
MAX_TEXT_BYTES = 2048
_MAX_FIELDS = 16
_MOST = 2**53
_LENGTH = struct.Struct(">I")
_PREFIX = struct.Struct(">IH")
OVERHEAD_BYTES = _LENGTH.size + _PREFIX.size + MAX_HEADER_BYTES
"""At most so much of a frame is not payload, before it is sealed."""

Value = bool | int | str | bytes
_TYPES = (bool, int, str, bytes)


@dataclass(frozen=True)
class Frame:
    """One message."""

    kind: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    payload: bytes = b""

    def number(self, name: str, most: int = _MOST) -> int:
        """Return an integer in [0, most].

        Raises:
            ProtocolError: It is missing, or something else.
        """
        value = self.fields.get(name)
        if type(value) is not int or not 0 <= value <= most:
            raise self._unexpected(name, f"a number up to {most}")
        return value

    def text(self, name: str, max_chars: int = MAX_TEXT_BYTES) -> str:
        """Return a text of at most `max_chars` characters.

        Raises:
            ProtocolError: It is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, str) or len(value) > max_chars:
            raise self._unexpected(name, f"a text of up to {max_chars} characters")
        return value

    def raw(self, name: str, num_bytes: int) -> bytes:
        """Return a byte string of exactly `num_bytes`.

        Raises:
            ProtocolError: It is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, bytes) or len(value) != num_bytes:
            raise self._unexpected(name, f"{num_bytes} bytes")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value.

        Raises:
            ProtocolError: It is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise self._unexpected(name, "true or false")
        return value

    def _unexpected(self, name: str, expected: str) -> ProtocolError:
        found = repr(self.fields.get(name))[:40]
        return ProtocolError(f"{self.kind:.20}: expected {expected} as {name}, found {found}")


def printable(text: str) -> str:
    """Return a text that fits into a header, moves no terminal's cursor and fills no log."""
    return "".join(char if char.isprintable() else " " for char in text)[:400]


def encode_body(frame: Frame) -> bytes:
    """Return a frame without its length: what is sealed.

    Raises:
        ProtocolError: Its header is larger than any that the other end would take.
    """
    header: bytes = msgpack.packb({"kind": frame.kind, **frame.fields}, use_bin_type=True)
    if len(header) > MAX_HEADER_BYTES:
        raise ProtocolError(f"{frame.kind}: a header of {len(header)} bytes cannot be sent")
    checksum = zlib.crc32(frame.payload, zlib.crc32(header))
    return _PREFIX.pack(checksum, len(header)) + header + frame.payload


def decode_body(body: bytes) -> Frame:
    """Return the frame in a body that came without its length.

    Raises:
        ProtocolError: It is anything else than what `encode_body` writes.
    """
    if len(body) < _PREFIX.size:
        raise ProtocolError(f"expected a frame, found {len(body)} bytes")
    checksum, header_bytes = _PREFIX.unpack_from(body)
    end = _PREFIX.size + header_bytes
    if header_bytes > MAX_HEADER_BYTES or end > len(body):
        raise ProtocolError(f"a header of {header_bytes} bytes in a frame of {len(body)}")
    if zlib.crc32(memoryview(body)[_PREFIX.size :]) != checksum:
        raise ProtocolError("a frame's checksum does not hold")
    fields = _unpack(body[_PREFIX.size : end])
    kind = fields.pop("kind", None)
    if not isinstance(kind, str):
        raise ProtocolError("a frame without a kind")
    return Frame(kind, fields, body[end:])


def with_length(body: bytes) -> bytes:
    """Return what goes over the wire for a body, sealed or not."""
    return _LENGTH.pack(len(body)) + body


def _unpack(header: bytes) -> dict[str, Any]:
    try:
        fields = msgpack.unpackb(
            header,
            raw=False,
            strict_map_key=True,
            max_str_len=MAX_TEXT_BYTES,
            max_bin_len=MAX_TEXT_BYTES,
            max_map_len=_MAX_FIELDS,
            max_array_len=0,
            max_ext_len=0,
        )
    # Whatever the decoder says of such bytes, also that they are nested too deeply.
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise ProtocolError(f"a header that cannot be read: {error!s:.100}") from error
    if not isinstance(fields, dict) or not all(
        type(name) is str and type(value) in _TYPES for name, value in fields.items()
    ):
        raise ProtocolError("expected a flat header of plain values")
    return fields


class FrameReader:
    """Makes frames of bytes as they arrive. It holds at most one frame and what was fed behind it.

    After an error nothing more can be read: where the next frame begins is not known any more.
    """

    def __init__(
        self, max_bytes: int, open_body: Callable[[bytes], bytes] = lambda body: body
    ) -> None:
        """Begin with no bytes.

        Args:
            max_bytes: Of a frame behind its length; a longer one is refused by its length alone.
            open_body: Checks and removes a seal.
        """
        self.max_bytes = max_bytes
        """May be changed between two frames."""
        self.open_body = open_body
        """May be changed between two frames."""
        self._data = bytearray()
        self._is_broken = False

    @property
    def num_bytes(self) -> int:
        """Bytes that were fed and not yet returned."""
        return len(self._data)

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        self._data += data

    def next_frame(self) -> Frame | None:
        """Return the next frame; None while it is not whole.

        Raises:
            ProtocolError: These bytes are no frames.
        """
        if self._is_broken:
            raise ProtocolError("nothing can be read behind a broken frame")
        try:
            body = self._take_body()
            return None if body is None else decode_body(self.open_body(body))
        except ProtocolError:
            self._is_broken = True
            self._data.clear()
            raise

    def _take_body(self) -> bytes | None:
        if len(self._data) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._data)
        if length > self.max_bytes:
            raise ProtocolError(f"a frame of {length} bytes, at most {self.max_bytes} are taken")
        end = _LENGTH.size + length
        if len(self._data) < end:
            return None
        body = bytes(self._data[_LENGTH.size : end])
        del self._data[:end]
        return body
