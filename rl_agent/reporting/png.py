"""PNG (RFC 2083) from an image array, so that pictures need no imaging library."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRUE_COLOUR = 2
FILTER_SUB = 1


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return the file's bytes for an image (height, width, 3) uint8, RGB."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected (height, width, 3) uint8, got {image.shape} {image.dtype}")
    height, width, _ = image.shape
    # Filter "sub": each byte minus the one a pixel to its left, which compresses flat areas well.
    rows = image.astype(np.int16)
    rows[:, 1:] -= image[:, :-1]
    filtered = np.full((height, 1 + 3 * width), FILTER_SUB, dtype=np.uint8)
    filtered[:, 1:] = (rows % 256).astype(np.uint8).reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, TRUE_COLOUR, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
