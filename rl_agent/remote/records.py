"""Rows on the wire: records just as the journal writes them, length and crc32 before each row."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import NamedTuple

import numpy as np

from rl_agent.data.journal_segment import PREFIX_BYTES, chain, record_dtype, scan_records
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import ProtocolError

MAX_DIM = 10_000
"""Of any array in a row; keeps a hostile layout from filling memory."""


class Records(NamedTuple):
    """Some records of a journal that has no damaged ones."""

    data: bytes
    digest: str
    """Of the journal up to their end."""


def pack_rows(rows: np.ndarray, layout: TransitionLayout, digest: str) -> Records:
    """Return rows (N,) as records.

    Args:
        rows: Of `TransitionLayout.row_dtype`.
        layout: Theirs.
        digest: Of all records before them.
    """
    records = np.zeros(len(rows), record_dtype(layout))
    records["length"], records["row"] = layout.row_dtype.itemsize, rows
    view, size = memoryview(records.view(np.uint8).data), records.itemsize
    places = range(0, len(rows) * size, size)
    records["crc32"] = [zlib.crc32(view[at + PREFIX_BYTES : at + size]) for at in places]
    link = bytes.fromhex(digest)
    for at in places:
        link = chain(link, view[at : at + size])
    return Records(records.tobytes(), link.hex())


def unpack_rows(data: bytes, layout: TransitionLayout, digest: str) -> tuple[np.ndarray, str]:
    """Return the rows (N,) in a payload, and the journal's digest behind them.

    Raises:
        ProtocolError: They are not whole records of this layout.
    """
    size = record_dtype(layout).itemsize
    if not data or len(data) % size:
        raise ProtocolError(f"expected records of {size} bytes, found {len(data)} bytes")
    scan = scan_records(data, layout, bytes.fromhex(digest))
    if len(scan.rows) * size != len(data):
        raise ProtocolError("a record's checksum does not hold")
    for name in ("terminated", "truncated"):
        # Any other byte would be neither true nor false, and would change when it is copied.
        if (scan.rows[name].view(np.uint8) > 1).any():
            raise ProtocolError(f"{name} is neither true nor false")
    return scan.rows, scan.digest.hex()


def describe_layout(layout: TransitionLayout) -> bytes:
    """Return 32 bytes that stand for names, types and order of a row's fields."""
    return hashlib.sha256(json.dumps(layout.describe()).encode()).digest()
