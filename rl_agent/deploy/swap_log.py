"""Events of a hot swap as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rl_agent.data.line_log import Line, LineLog, read_lines

from .swap_event import SwapKind

SWAPS = "swaps.jsonl"
"""Beside a live run's store."""
_BAD_KINDS = (SwapKind.REFUSED.value, SwapKind.ROLLED_BACK.value)


@dataclass(frozen=True)
class Standing:
    """A version that acted, and was not given up since."""

    policy_version: int
    bundle_hash: str
    """sha256 of the model file that acted."""
    is_trusted: bool


@dataclass(frozen=True)
class _Stamped:
    line: Line
    utc: str

    def to_json(self) -> str:
        return json.dumps({"utc": self.utc, **json.loads(self.line.to_json())})


class SwapLog(LineLog):
    """Takes `SwapEvent`s, which know ticks alone, and notes the wall's time beside them."""

    def put(self, line: Line) -> None:
        """Hand an event over; never blocks, never raises."""
        super().put(_Stamped(line, datetime.now(UTC).isoformat(timespec="milliseconds")))


def read_events(path: Path) -> list[dict[str, Any]]:
    """Return a log's events in order; none without a log.

    Lines that a full disk cut off are skipped.
    """
    events = (_checked(values) for values in read_lines(path))
    return [event for event in events if event is not None]


def read_bad_versions(path: Path) -> set[int]:
    """Return the versions that a log tells were refused or rolled back; empty without a log.

    What could not be loaded is not among them: it may have been caught half copied.
    """
    return _bad_versions(read_events(path))


def read_standings(path: Path) -> list[Standing]:
    """Return the versions that acted and are not known as bad, newest first; none without a log."""
    events = read_events(path)
    bad = _bad_versions(events)
    trusted = {e["policy_version"] for e in events if e["kind"] == SwapKind.TRUSTED.value}
    acted = {
        event["policy_version"]: str(event.get("bundle_hash", ""))
        for event in events
        if event["kind"] == SwapKind.PROMOTED.value and event["policy_version"] not in bad
    }
    return [
        Standing(version, acted[version], version in trusted)
        for version in sorted(acted, reverse=True)
    ]


def proven(standings: Sequence[Standing]) -> Standing | None:
    """Return the version to take home: the newest that was found no worse than those before it.

    The newest of all may have acted for seconds only. Where none was judged yet, it is that one.

    Args:
        standings: Newest first.
    """
    trusted = [standing for standing in standings if standing.is_trusted]
    return next(iter([*trusted, *standings]), None)


def _bad_versions(events: Sequence[Mapping[str, Any]]) -> set[int]:
    bad = (event for event in events if event["kind"] in _BAD_KINDS)
    return {event["policy_version"] for event in bad if event.get("bundle_hash") != ""}


def _checked(values: dict[str, Any]) -> dict[str, Any] | None:
    try:
        own = {"kind": str(values["kind"]), "policy_version": int(values["policy_version"])}
        return {**values, **own}
    except (ValueError, TypeError, KeyError):
        return None
