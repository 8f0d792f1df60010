"""Faults of parts that do not exist yet: each says which."""

from __future__ import annotations

from .context import FaultContext
from .outcome import Outcome, not_tried


def row_learner(context: FaultContext) -> Outcome:
    """Row 3."""
    del context
    return not_tried("no learner runs beside the robot yet: live training is still to be built")


def row_partition(context: FaultContext) -> Outcome:
    """Row 15."""
    del context
    return not_tried("robot and learner share no network yet: there is nothing to part")


def row_memory(context: FaultContext) -> Outcome:
    """Row 24."""
    del context
    return not_tried("no learner runs beside the robot yet whose memory could run out")


def row_port(context: FaultContext) -> Outcome:
    """Row 34."""
    del context
    return not_tried(
        "no learner listens on a port yet; the decoders that exist are fuzzed in tests"
    )


def row_key(context: FaultContext) -> Outcome:
    """Row 35."""
    del context
    return not_tried("no learner listens on a port yet")
