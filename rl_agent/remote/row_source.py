"""The robot's side of the copy: its journal's whole rows, from wherever the learner's copy ends.

Records that were damaged on the robot's disk are not sent; without any, the copy's digest is the
journal's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rl_agent.data.journal import JournalOffset
from rl_agent.data.journal_follower import JournalFollower
from rl_agent.data.journal_segment import record_dtype
from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import RemoteError

from .records import pack_rows


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place between two records, in the journal and in its copy."""

    num_rows: int = 0
    """Rows of the copy before it."""
    digest: str = ""
    """The copy's there."""
    offset: JournalOffset | None = None
    """In the robot's journal; None for the beginning."""


@dataclass(frozen=True, kw_only=True)
class RowChunk:
    """Some rows that follow each other."""

    data: bytes
    """Whole records."""
    start: Place
    end: Place


class RowSource:
    """Reads a journal on from a place in its copy."""

    def __init__(
        self, directory: Path, layout: TransitionLayout, *, must_be_durable: bool = True
    ) -> None:
        """Begin at the beginning; the journal may still have to be begun.

        Args:
            directory: Of its segments.
            layout: Of its rows.
            must_be_durable: Whether rows are forced onto the disk before they are handed out. Else
                a power failure may take from the robot what its learner has, and the two would
                not fit together any more.
        """
        self._directory, self._layout = directory, layout
        self._must_be_durable = must_be_durable
        self.place = Place()
        """Behind the last row that was handed out."""
        self.go_to(self.place)

    def go_to(self, place: Place) -> None:
        """Go on from a place where this source has been before."""
        self._follower = JournalFollower(self._directory, self._layout, place.offset)
        self.place = place

    def read(self, max_bytes: int) -> RowChunk | None:
        """Return the next rows; None if there are none yet.

        Args:
            max_bytes: Of their records; one row comes in any case.

        Raises:
            JournalError: It is another robot's journal, or was cut short before our place.
            OSError: The disk cannot be read, or not be written to.
        """
        size = record_dtype(self._layout).itemsize
        rows = self._follower.read(max(1, max_bytes // size))
        if not len(rows):
            return None
        if self._must_be_durable:
            self._follower.sync()
        return self._chunk(rows)

    def catch_up(self, target: Place, max_bytes: int) -> bool:
        """Come nearer to where a copy ends; return whether its end is reached.

        Args:
            target: Its length and digest, as the learner says them.
            max_bytes: To be read at once.

        Raises:
            RemoteError: The copy is not one of this journal; says what to do.
            JournalError: As for `read`.
        """
        if self.place.num_rows < target.num_rows:
            size = record_dtype(self._layout).itemsize
            rows = self._follower.read(
                min(max(1, max_bytes // size), target.num_rows - self.place.num_rows)
            )
            if not len(rows):
                raise RemoteError(_misfit(self.place, target, "fewer"))
            self._chunk(rows)
        if self.place.num_rows < target.num_rows:
            return False
        if self.place.digest != target.digest:
            raise RemoteError(_misfit(self.place, target, "others"))
        return True

    def _chunk(self, rows: np.ndarray) -> RowChunk:
        start = self.place
        records = pack_rows(rows, self._layout, start.digest)
        self.place = Place(
            num_rows=start.num_rows + len(rows),
            digest=records.digest,
            offset=self._follower.offset,
        )
        return RowChunk(data=records.data, start=start, end=self.place)


def _misfit(place: Place, target: Place, how: str) -> str:
    held = f"the learner's copy holds {target.num_rows} rows"
    found = f"of which this journal has only {place.num_rows}"
    found = found if how == "fewer" else "that are not the first ones of this journal"
    return (
        f"{held} {found}: it is of another run, or was damaged. Move the robot's folder away on"
        " the learner's machine and the copy begins anew by itself, or give this run a robot_id"
        " of its own"
    )
