"""How many steps of a run could not be kept, in a file beside its journal."""

from __future__ import annotations

import json
from pathlib import Path

from .disk import write_durably

LOST = "lost.json"
SCHEMA_VERSION = 1


def write_lost(path: Path, num_lost: int) -> None:
    """Note the number of all that were lost since the run began.

    Raises:
        OSError: The disk refuses it.
    """
    values = {"schema_version": SCHEMA_VERSION, "num_lost": num_lost}
    write_durably(path, json.dumps(values).encode() + b"\n")


def read_lost(path: Path) -> int:
    """Return the number; 0 where nothing was noted, or nothing that can be read."""
    try:
        return max(0, int(json.loads(path.read_bytes())["num_lost"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 0
