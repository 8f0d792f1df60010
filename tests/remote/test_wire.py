import struct
import zlib

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rl_agent.exceptions import ProtocolError
from rl_agent.remote.wire import (
    MAX_HEADER_BYTES,
    OVERHEAD_BYTES,
    Frame,
    FrameReader,
    decode_body,
    encode_body,
    with_length,
)

MOST = 10_000
# What pickle would write for a call of os.system; nothing here may ever look inside.
PICKLE = b"\x80\x04cposix\nsystem\n\x8c\x0etouch /tmp/pwnd\x85R."
VALUES = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**64 - 1), st.text(max_size=50), st.binary(max_size=50)
)
NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name != "kind")
FRAMES = st.builds(
    Frame,
    st.text(max_size=20),
    st.dictionaries(NAMES, VALUES, max_size=10),
    st.binary(max_size=500),
)


def body_of(header, payload=b""):
    """A body whose checksum holds around any header."""
    rest = header + payload
    return struct.pack(">IH", zlib.crc32(rest), len(header)) + rest


def drain(reader):
    frames = []
    while (frame := reader.next_frame()) is not None:
        frames.append(frame)
    return frames


@given(frames=st.lists(FRAMES, max_size=5), cuts=st.lists(st.integers(1, 200), max_size=20))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames, cuts):
    data = b"".join(with_length(encode_body(frame)) for frame in frames)
    reader, found = FrameReader(MOST), []
    for cut in [*cuts, len(data)]:
        reader.feed(data[:cut])
        data = data[cut:]
        found += drain(reader)
    assert found == frames
    assert reader.num_bytes == 0


@settings(max_examples=500)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_frames_or_refused(data):
    reader = FrameReader(MOST)
    reader.feed(data)
    try:
        frames = drain(reader)
    except ProtocolError:
        frames = []
    assert all(isinstance(frame, Frame) for frame in frames)


@settings(max_examples=500)
@given(header=st.binary(max_size=200), payload=st.binary(max_size=50))
def test_any_header_is_flat_or_refused(header, payload):
    try:
        frame = decode_body(body_of(header, payload))
    except ProtocolError:
        return
    assert all(type(value) in (bool, int, str, bytes) for value in frame.fields.values())


@settings(max_examples=300)
@given(frame=FRAMES, at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(frame, at, bit):
    body = bytearray(encode_body(frame))
    body[at % len(body)] ^= 1 << bit
    with pytest.raises(ProtocolError):
        decode_body(bytes(body))


@pytest.mark.parametrize("length", [MOST + 1, 2**31, 2**32 - 1])
def test_a_length_above_the_cap_is_refused_before_anything_is_kept(length):
    reader = FrameReader(MOST)
    reader.feed(struct.pack(">I", length))
    with pytest.raises(ProtocolError, match=str(length)):
        reader.next_frame()
    assert reader.num_bytes == 0


def test_a_length_at_the_cap_is_waited_for():
    reader = FrameReader(MOST)
    reader.feed(struct.pack(">I", MOST) + bytes(MOST - 1))
    assert reader.next_frame() is None


def test_nothing_is_read_behind_an_error():
    reader = FrameReader(MOST)
    reader.feed(struct.pack(">I", MOST + 1))
    with pytest.raises(ProtocolError):
        reader.next_frame()
    reader.feed(with_length(encode_body(Frame("beat"))))
    with pytest.raises(ProtocolError, match="behind a broken frame"):
        reader.next_frame()


@pytest.mark.parametrize("size", range(6))
def test_a_body_that_is_too_short_is_refused(size):
    with pytest.raises(ProtocolError):
        decode_body(bytes(size))


@pytest.mark.parametrize(
    "header",
    {
        "pickle": PICKLE,
        "nothing": b"",
        "list": msgpack.packb(["kind"]),
        "nested list": msgpack.packb({"kind": "x", "a": [1]}),
        "empty list": msgpack.packb({"kind": "x", "a": []}),
        "nested map": msgpack.packb({"kind": "x", "a": {"b": 1}}),
        "float": msgpack.packb({"kind": "x", "a": 1.5}),
        "none": msgpack.packb({"kind": "x", "a": None}),
        "number as name": msgpack.packb({"kind": "x", 1: 1}),
        "bytes as name": msgpack.packb({"kind": "x", b"a": 1}),
        "no kind": msgpack.packb({"a": 1}),
        "number as kind": msgpack.packb({"kind": 1}),
        "time": msgpack.packb({"kind": "x", "a": msgpack.Timestamp(1)}),
        "extension": msgpack.packb({"kind": "x", "a": msgpack.ExtType(5, b"x")}),
        "long text": msgpack.packb({"kind": "x", "a": "y" * 2049}),
        "many fields": msgpack.packb({"kind": "x"} | {str(i): i for i in range(16)}),
        "broken text": b"\x82\xa4kind\xa1x\xa1a\xa1\xff",
        "bomb of lists": b"\x91" * MAX_HEADER_BYTES,
        "bomb of maps": b"\x81\xa1a" * (MAX_HEADER_BYTES // 3),
        "list of 4 billion": b"\xdd\xff\xff\xff\xff",
        "map of 4 billion": b"\xdf\xff\xff\xff\xff",
        "text of 4 billion": b"\x81\xdb\xff\xff\xff\xff",
        "two values": msgpack.packb({"kind": "x"}) * 2,
        "cut": msgpack.packb({"kind": "x", "a": "word"})[:-1],
        "too long": bytes(MAX_HEADER_BYTES + 1),
    }.items(),
    ids=lambda item: item[0],
)
def test_a_header_of_anything_else_is_refused(header):
    with pytest.raises(ProtocolError):
        decode_body(body_of(header[1]))


def test_a_header_that_says_to_be_longer_than_its_frame_is_refused():
    with pytest.raises(ProtocolError, match="in a frame of"):
        decode_body(struct.pack(">IH", 0, 100) + bytes(99))


def test_a_header_that_nobody_would_take_is_not_sent():
    frame = Frame("x", {str(index): "y" * 1000 for index in range(5)})
    with pytest.raises(ProtocolError, match="cannot be sent"):
        encode_body(frame)


def test_the_overhead_is_what_a_frame_costs_at_most():
    frame = Frame("x", {str(index): bytes(1000) for index in range(4)}, bytes(10))
    assert len(with_length(encode_body(frame))) - 10 <= OVERHEAD_BYTES


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (lambda frame: frame.number("a", 5), [0, 5], [-1, 6, True, "1", b"1", None]),
        (lambda frame: frame.text("a", 3), ["", "abc"], ["abcd", b"abc", 1, None]),
        (lambda frame: frame.raw("a", 2), [b"ab"], [b"a", b"abc", "ab", 12, None]),
        (lambda frame: frame.flag("a"), [True, False], [1, 0, "true", None]),
    ],
    ids=["number", "text", "raw", "flag"],
)
def test_fields_are_of_their_type_and_range(read, good, bad):
    assert [read(Frame("x", {"a": value})) for value in good] == good
    for value in bad:
        with pytest.raises(ProtocolError, match="expected"):
            read(Frame("x", {} if value is None else {"a": value}))
