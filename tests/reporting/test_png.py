import struct
import zlib

import numpy as np
import pytest

from rl_agent.reporting.png import encode_png


def decode(data):
    """Undo filter type 1 by hand; checks every chunk's crc."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, chunks = 8, {}
    while position < len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + size]
        (crc,) = struct.unpack(">I", data[position + 8 + size : position + 12 + size])
        assert crc == zlib.crc32(kind + body)
        chunks[kind] = body
        position += 12 + size
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (8, 2)
    raw = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert (raw[:, 0] == 1).all()
    return np.cumsum(raw[:, 1:].reshape(height, width, 3), axis=1, dtype=np.uint8)


def test_picture_comes_back_bit_by_bit():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode(encode_png(image)), image)
    assert decode(encode_png(image)).shape == (5, 7, 3)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4)])
def test_other_layouts_are_refused(shape):
    with pytest.raises(ValueError, match="expected"):
        encode_png(np.zeros(shape, np.uint8))
