"""What a policy node keeps of each period: a transition for the journal, and for whoever acts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rl_agent.data.journal_thread import JournalThread
from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.types import Array, Measurement

from . import realtime
from .actors import Actor
from .live_actor import LiveActor
from .pilot import Pilot


class ExperienceKeeper:
    """Joins decisions with what became of them; the loop never waits for it."""

    def __init__(
        self, folder: Path, pilot: Pilot, actor: Actor, on_message: Callable[[str], None]
    ) -> None:
        """Open the journal.

        Args:
            folder: Of the journal.
            pilot: Who decides; it must have been told to keep experience.
            actor: Is told too, where it learns from it.
            on_message: Is told of trouble with the disk, from a thread.

        Raises:
            JournalError: It cannot be opened.
        """
        self.applied = AppliedSum()
        """To be fed with what the gate reports."""
        self._pilot = pilot
        self._actor = actor if isinstance(actor, LiveActor) else None
        with realtime.background_for_new_threads():
            self._journal = JournalThread(folder, pilot.layout, on_message=on_message)

    def keep(self, reading: Measurement, goal: Array | None) -> None:
        """Note what became of the newest decision, if it is known by now.

        Args:
            reading: The newest.
            goal: What is asked for now; None during a pause.
        """
        transition = self._pilot.conclude(reading, self.applied, goal)
        if transition is not None:
            self._journal.put(transition)
            if self._actor is not None:
                self._actor.note(transition)

    def state(self) -> dict[str, int]:
        """Return counts, for people."""
        acting = self._actor.state() if self._actor is not None else {}
        kept = {"num_dropped": self._pilot.num_dropped, "num_falls": self._pilot.num_falls}
        return {**acting, **self._journal.state(), **kept}

    def close(self) -> None:
        """Write what waits, as far as the disk allows."""
        self._journal.close()
