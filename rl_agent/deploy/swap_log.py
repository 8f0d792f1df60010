"""Events of a hot swap as lines of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rl_agent.data.line_log import LineLog, read_lines

from .swap_event import SwapKind

SWAPS = "swaps.jsonl"
"""Beside a live run's store."""
_BAD_KINDS = (SwapKind.REFUSED.value, SwapKind.ROLLED_BACK.value)


class SwapLog(LineLog):
    """Takes `SwapEvent`s."""


def read_events(path: Path) -> list[dict[str, Any]]:
    """Return a log's events in order; none without a log.

    Lines that a full disk cut off are skipped.
    """
    events = (_checked(values) for values in read_lines(path))
    return [event for event in events if event is not None]


def read_bad_versions(path: Path) -> set[int]:
    """Return the versions that a log tells were refused or rolled back; empty without a log."""
    bad = (event for event in read_events(path) if event["kind"] in _BAD_KINDS)
    return {event["policy_version"] for event in bad}


def _checked(values: dict[str, Any]) -> dict[str, Any] | None:
    try:
        own = {"kind": str(values["kind"]), "policy_version": int(values["policy_version"])}
        return {**values, **own}
    except (ValueError, TypeError, KeyError):
        return None
