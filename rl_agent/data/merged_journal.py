"""One journal out of several robots' copies, for a learner of them all.

A checkpoint finds the same rows in it in the same order again. It is derived: what is cut from it
comes again from the copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rl_agent.clock import Clock
from rl_agent.exceptions import JournalError

from .disk import WhenFull, fsync_directory, fsync_file, refuse
from .journal import JournalConfig, JournalOffset, JournalReader, JournalWriter
from .journal_follower import JournalFollower
from .journal_segment import segment_path, segment_paths
from .layout import TransitionLayout
from .teller import Teller

LOOK_S = 1.0
"""Between two looks for robots that are new."""
HOLD_S = 5.0
"""Longest that rows wait for the end of their episode."""
MOST_WAITING = 10_000
"""Rows of one robot that wait."""


class MergedJournal:
    """Takes rows from copies, a stretch of one robot after a stretch of another.

    Returns over n steps never run from one robot's row to another's; where robots changed with
    every row there would be none. So while there are several, a robot's rows wait until an episode
    among them has ended, or `HOLD_S`.
    """

    def __init__(
        self,
        directory: Path,
        layout: TransitionLayout,
        copies: Path,
        clock: Clock,
        *,
        end: JournalOffset | None = None,
        taken: Mapping[str, JournalOffset] | None = None,
        config: JournalConfig | None = None,
        when_full: WhenFull = refuse,
        on_message: Callable[[str], None] = lambda message: None,
    ) -> None:
        """Go on where a checkpoint was taken; what was merged later is cut, and merged again.

        Args:
            directory: Of the merged journal; nothing else writes there.
            layout: Of all rows.
            copies: Holds a robot's journal in a folder of the robot's name.
            clock: Steady.
            end: Where the merged journal ended then; None begins anew.
            taken: How far each robot's copy was in it.
            config: How it is written.
            when_full: What to do about a disk without room.
            on_message: Is told where a copy is not the one that it was.

        Raises:
            JournalError: The merged journal ends before `end`, or cannot be written.
        """
        self._copies, self._layout, self._clock = copies, layout, clock
        self._on_message = on_message
        self._writer = JournalWriter(directory, layout, config, when_full=when_full)
        if end is not None and end.num_records:
            self._writer.truncate_to(end)
        elif self._writer.offset.num_records:
            self._writer.clear()
        self._lanes = [self._rejoin(name, place) for name, place in (taken or {}).items()]
        self._next = 0
        self._looked_s = -np.inf
        self.robot_id = ""
        """Whose the rows are that were read last."""

    @property
    def offset(self) -> JournalOffset:
        """The end of what was handed over."""
        return self._writer.offset

    @property
    def num_damaged(self) -> int:
        """Records passed by whose checksum does not hold."""
        return sum(lane.num_damaged for lane in self._lanes)

    @property
    def num_taken(self) -> dict[str, int]:
        """Records of each robot's copy that were handed over."""
        return {lane.robot_id: lane.taken.num_records for lane in self._lanes}

    def sources(self) -> dict[str, Any]:
        """Return how far each robot's copy was taken in, as a checkpoint keeps it."""
        return {lane.robot_id: lane.taken.to_json() for lane in self._lanes}

    def read(self) -> np.ndarray:
        """Return the next rows (N,), all of one robot; none if there are none yet.

        Raises:
            JournalError: The disk will not take them.
        """
        now_s = self._clock.now()
        self._look_for_robots(now_s)
        must_hold = len(self._lanes) > 1
        for _ in self._lanes:
            lane = self._lanes[self._next % len(self._lanes)]
            self._next += 1
            rows = lane.next_rows(now_s, must_hold=must_hold)
            if len(rows):
                self._writer.append_rows(rows)
                lane.hand_over()
                self.robot_id = lane.robot_id
                return rows
        return np.zeros(0, self._layout.row_dtype)

    def sync(self) -> None:
        """Force onto the disk what was read, the copies first: a checkpoint builds on both."""
        for lane in list(self._lanes):
            lane.follower.sync()
        path = segment_path(self._writer.directory, self._writer.offset.segment)
        # By a descriptor of our own: rows may be taken in meanwhile, and a segment be closed.
        fsync_file(path)
        fsync_directory(self._writer.directory)

    def close(self) -> None:
        """Close the merged journal; the copies are others'."""
        self._writer.close()

    def _look_for_robots(self, now_s: float) -> None:
        if now_s - self._looked_s < LOOK_S or not self._copies.is_dir():
            return
        self._looked_s = now_s
        known = {lane.robot_id for lane in self._lanes}
        fresh = [p.name for p in self._copies.iterdir() if p.name not in known and segment_paths(p)]
        self._lanes += [self._lane(name) for name in sorted(fresh)]

    def _rejoin(self, robot_id: str, place: JournalOffset) -> _Lane:
        """Go on within a copy, if it is still the one that it was."""
        if place.num_records:
            try:
                JournalReader(self._copies / robot_id).pass_to(lambda rows: None, place)
            except JournalError as error:
                self._on_message(f"{robot_id}: {error}; learning from its copy's beginning")
                return self._lane(robot_id)
        return self._lane(robot_id, place)

    def _lane(self, robot_id: str, place: JournalOffset | None = None) -> _Lane:
        directory = self._copies / robot_id
        return _Lane(robot_id, directory, self._layout, place, self._on_message)


class _Lane:
    """One robot's rows on their way."""

    def __init__(
        self,
        robot_id: str,
        directory: Path,
        layout: TransitionLayout,
        place: JournalOffset | None,
        on_message: Callable[[str], None],
    ) -> None:
        self.robot_id = robot_id
        self.follower = JournalFollower(directory, layout, place)
        self.taken = self.follower.offset
        self._tell = Teller(on_message)
        self._num_damaged = 0
        self._waiting: list[np.ndarray] = []
        self._since_s = 0.0

    @property
    def num_damaged(self) -> int:
        return self._num_damaged + self.follower.num_damaged

    def next_rows(self, now_s: float, *, must_hold: bool) -> np.ndarray:
        """Return all that waits, once it is due."""
        rows = self._read()
        if len(rows):
            if not self._waiting:
                self._since_s = now_s
            self._waiting.append(rows)
        is_due = not must_hold or self._has_ended() or now_s - self._since_s >= HOLD_S
        return np.concatenate(self._waiting) if self._waiting and is_due else rows[:0]

    def hand_over(self) -> None:
        """Note that what waited is in the merged journal."""
        self._waiting, self.taken = [], self.follower.offset

    def _has_ended(self) -> bool:
        num_rows = sum(map(len, self._waiting))
        return num_rows >= MOST_WAITING or any(
            (rows["terminated"] | rows["truncated"]).any() for rows in self._waiting
        )

    def _read(self) -> np.ndarray:
        try:
            rows = self.follower.read()
        except (JournalError, FileNotFoundError) as error:
            # Somebody moved the folder away, as the link says where a robot begins a new run.
            self._begin_anew(str(error))
            return np.zeros(0, self.follower.layout.row_dtype)
        if len(rows):
            self._tell.forget()
        return rows

    def _begin_anew(self, trouble: str) -> None:
        self._tell(f"{self.robot_id}: {trouble}; learning from its copy's beginning")
        self._num_damaged = self.num_damaged
        self.follower = JournalFollower(self.follower.directory, self.follower.layout)
        self._waiting, self.taken = [], self.follower.offset
