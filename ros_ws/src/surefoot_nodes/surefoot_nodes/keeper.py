"""What a policy node keeps of each period: a transition for the journal, and for whoever acts."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from rl_agent.data.journal_thread import JournalThread
from rl_agent.data.meeting_point import MeetingPoint
from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.types import Array, Measurement

from . import realtime
from .actors import Actor
from .live_actor import LiveActor
from .pilot import Pilot
from .rounds import OPERATOR

LEARNER = "learner_node"


class ExperienceKeeper:
    """Joins decisions with what became of them; the loop never waits for it."""

    def __init__(
        self,
        folder: Path,
        pilot: Pilot,
        actor: Actor,
        on_message: Callable[[str], None],
        *,
        meet_every: int = 0,
        num_steps: int = 0,
    ) -> None:
        """Open the journal.

        Args:
            folder: Of the journal.
            pilot: Who decides; it must have been told to keep experience.
            actor: Is told too, where it learns from it.
            on_message: Is told of trouble with the disk, from a thread.
            meet_every: Steps after which to wait for the learner, in lock-step; 0 for never.
            num_steps: Steps to keep, in lock-step; then time stands still. 0 for no end.

        Raises:
            JournalError: It cannot be opened.
        """
        self.applied = AppliedSum()
        """To be fed with what the gate reports."""
        self._pilot = pilot
        self._actor = actor if isinstance(actor, LiveActor) else None
        with realtime.background_for_new_threads():
            self._journal = JournalThread(folder, pilot.layout, on_message=on_message)
        self._num_rows, self._met_at = self._journal.offset.num_records, -1
        self._last = self._num_rows + num_steps if num_steps else math.inf
        self._is_over = False
        self._meeting = MeetingPoint(folder.parent, meet_every) if meet_every else None

    def keep(self, reading: Measurement, goal: Array | None) -> None:
        """Note what became of the newest decision, if it is known by now.

        Args:
            reading: The newest.
            goal: What is asked for now; None during a pause.
        """
        transition = self._pilot.conclude(reading, self.applied, goal)
        if transition is not None:
            self._journal.put(transition)
            self._num_rows += 1
            if self._actor is not None:
                self._actor.note(transition)

    def awaits(self) -> str:
        """Return for whom lock-step waits before the next decision; empty for nobody."""
        if self._meeting is None or self._actor is None:
            return ""
        env_step = self._meeting.last(self._num_rows)
        if env_step != self._met_at:
            if not self._meeting.is_past(env_step):
                return LEARNER
            self._met_at = env_step
            self._actor.meet()
        self._is_over = self._num_rows >= self._last
        return OPERATOR if self._is_over else ""

    def state(self) -> dict[str, int]:
        """Return counts, for people."""
        acting = self._actor.state() if self._actor is not None else {}
        kept = {"num_dropped": self._pilot.num_dropped, "num_falls": self._pilot.num_falls}
        if self._meeting is not None:
            kept["is_over"] = self._is_over
        return {**acting, **self._journal.state(), **kept}

    def close(self) -> None:
        """Write what waits, as far as the disk allows."""
        self._journal.close()
