"""Boxes on the disk: `<folder>/trip-<UTC>-<n>/` with recording (MCAP), profile and trip.json."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from .black_box import NS_PER_S, Box
from .disk import fsync_directory, write_durably

SCHEMA_VERSION = 1
BAG_VERSION = 9
RECORDING = "recording"
ABOUT = "trip.json"
PROFILE = "profile.yaml"
NAME = re.compile(r"trip-\d{8}T\d{6}Z-\d+")
ABANDONED_S = 600.0
"""Since a box was begun; writing one takes seconds."""
UNFINISHED = re.compile(r"\.trip-\d{8}T\d{6}Z-\d+\.part")


@dataclass(frozen=True, kw_only=True)
class BoxLabel:
    """What stands on every box of one robot."""

    profile: str
    """The profile's text."""
    about: Mapping[str, Any]
    """Robot, rates and such: goes into trip.json."""
    kinds: Mapping[str, str]
    """Message type per topic, `package/msg/Type`."""
    max_boxes: int = 20
    """The oldest are thrown away."""
    utc: datetime | None = field(default=None)
    """When the trip was; None for now."""


def write_box(folder: Path, box: Box, label: BoxLabel) -> Path:
    """Write a box under a temporary name, rename it, throw the oldest away; return its path.

    Raises:
        OSError: The disk is full or may not be written; nothing of the box is left.
        ImportError: rosbags is not installed.
    """
    utc = label.utc or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    final = _free_name(folder, utc)
    unfinished = folder / f".{final.name}.part"
    unfinished.mkdir(mode=0o700)  # before all else: what is there already is somebody else's
    try:
        _write_recording(unfinished / RECORDING, box, label.kinds)
        write_durably(unfinished / PROFILE, label.profile.encode())
        about = json.dumps(_about(box, label, utc), indent=1) + "\n"
        write_durably(unfinished / ABOUT, about.encode())
        unfinished.rename(final)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    fsync_directory(folder)
    _throw_away(folder, label.max_boxes)
    return final


def boxes_in(folder: Path) -> list[Path]:
    """Return all boxes, the oldest first."""
    found = [path for path in folder.glob("trip-*") if NAME.fullmatch(path.name)]
    return sorted((path for path in found if (path / ABOUT).is_file()), key=_age)


def remove_unfinished(folder: Path) -> None:
    """Remove what a process left that was killed while it wrote; another may be writing one now."""
    for path in folder.glob(".trip-*.part"):
        with suppress(FileNotFoundError):  # it may have its name by now
            if UNFINISHED.fullmatch(path.name) and time.time() - path.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(path, ignore_errors=True)


def _write_recording(path: Path, box: Box, kinds: Mapping[str, str]) -> None:
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(path, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP) as writer:
        channels = {t: writer.add_connection(t, k, typestore=store) for t, k in kinds.items()}
        for topic, time_ns, data in box.messages:
            writer.write(channels[topic], time_ns, data)


def _about(box: Box, label: BoxLabel, utc: datetime) -> dict[str, Any]:
    counts = dict.fromkeys(label.kinds, 0)
    for topic, _, _ in box.messages:
        counts[topic] += 1
    return {
        "schema_version": SCHEMA_VERSION,
        **label.about,
        "state": box.trip.state,
        "cause": box.trip.cause,
        "reasons": list(box.trip.reasons),
        "steady_s": box.trip.time_ns / NS_PER_S,
        "utc": utc.isoformat(timespec="milliseconds"),
        "profile_sha256": sha256(label.profile.encode()).hexdigest(),
        "messages": counts,
        "messages_crowded_out": box.num_crowded_out,
        "trips_without_a_box": box.num_unwritten,
    }


def _free_name(folder: Path, utc: datetime) -> Path:
    stem = f"trip-{utc:%Y%m%dT%H%M%SZ}"
    # Not the first free one: numbers of boxes that were thrown away do not come back.
    taken = [_age(p)[1] for p in folder.glob(f"{stem}-*") if NAME.fullmatch(p.name)]
    return folder / f"{stem}-{max(taken, default=0) + 1}"


def _age(path: Path) -> tuple[str, int]:
    _, stamp, number = path.name.split("-")
    return stamp, int(number)


def _throw_away(folder: Path, max_boxes: int) -> None:
    for path in boxes_in(folder)[:-max_boxes]:
        shutil.rmtree(path, ignore_errors=True)
