"""How much of a journal has still to go: the journal itself is the spool, nothing else is kept."""

from __future__ import annotations

from pathlib import Path

from rl_agent.data.journal import JournalOffset
from rl_agent.data.journal_segment import segment_paths


def spooled_bytes(directory: Path, sent: JournalOffset | None) -> int:
    """Return the bytes of a journal behind a place; a later segment's header counts as well.

    Args:
        directory: Of its segments.
        sent: Up to where the learner has it; None for nothing.
    """
    first = sent.segment if sent else 0
    sizes = {
        index: path.stat().st_size
        for index, path in segment_paths(directory).items()
        if index >= first
    }
    return max(0, sum(sizes.values()) - (sent.position if sent else 0))
