"""Words that several verbs take as options."""

from __future__ import annotations

from enum import StrEnum


class Backend(StrEnum):
    """What computes the actions."""

    ONNX = "onnx"
    TORCH = "torch"


class Which(StrEnum):
    """Which policy of a run."""

    BEST = "best"
    NEWEST = "newest"
