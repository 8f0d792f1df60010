"""Faults that are not tried here: each says where."""

from __future__ import annotations

from .context import FaultContext
from .outcome import Outcome, not_tried


def row_learner(context: FaultContext) -> Outcome:
    """Row 3."""
    del context
    return not_tried("a benchmark measures it: tests/benchmarks/run.py live-d")


def row_memory(context: FaultContext) -> Outcome:
    """Row 24."""
    del context
    return not_tried(
        "its limit is the parameter memory_gb of learner_node; nobody has driven it there yet"
    )
