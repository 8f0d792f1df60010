"""What a policy node keeps of each period: a transition for the journal, and for whoever acts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from rl_agent.data.journal_thread import JournalThread
from rl_agent.data.line_log import LineLog
from rl_agent.interface.applied_sum import AppliedSum
from rl_agent.interface.human_reset import HumanReset
from rl_agent.judging.judge import Judge
from rl_agent.judging.label import LABELS, Label
from rl_agent.judging.referee import Referee
from rl_agent.types import Array, Measurement, Transition

from . import realtime
from .actors import Actor
from .live_actor import LiveActor
from .pilot import Pilot


class ExperienceKeeper:
    """Joins decisions with what became of them; the loop never waits for it."""

    def __init__(
        self,
        folder: Path,
        pilot: Pilot,
        actor: Actor,
        on_message: Callable[[str], None],
        judge: Judge | None = None,
    ) -> None:
        """Open the journal, and beside it the labels of a judge.

        Args:
            folder: Of the journal.
            pilot: Who decides; it must have been told to keep experience.
            actor: Is told too, where it learns from it.
            on_message: Is told of trouble with the disk, from a thread.
            judge: Says what a success is, and rewards nothing else; None leaves it to the task.

        Raises:
            JournalError: It cannot be opened.
        """
        self.applied = AppliedSum()
        """To be fed with what the gate reports."""
        self.pilot = pilot
        self.judge = judge
        self._actor = actor if isinstance(actor, LiveActor) else None
        self._labels: LineLog | None = None
        self.referee: Referee | None = None
        with realtime.background_for_new_threads():
            self._journal = JournalThread(folder, pilot.layout, on_message=on_message)
            if judge is not None:
                self._labels = LineLog(folder.parent / LABELS, on_message)
                self.referee = Referee(judge, self._note_verdict)
        self._num_rows = self._journal.offset.num_records

    def keep(self, reading: Measurement, goal: Array | None) -> None:
        """Note what became of the newest decision, if it is known by now.

        Args:
            reading: The newest.
            goal: What is asked for now; None during a pause.
        """
        transition = self.pilot.conclude(reading, self.applied, goal)
        if self.referee is None:
            if transition is not None:
                self._put(transition)
            return
        if goal is None and transition is None and not self.referee.is_waiting:
            self.referee.forget()
        for kept in self.referee.take(transition, is_resetting=self.pilot.is_resetting):
            self._put(kept)
        if self.referee.has_ended:
            self.pilot.end_episode()

    def state(self) -> dict[str, int]:
        """Return counts, for people."""
        acting = self._actor.state() if self._actor is not None else {}
        pilot, referee = self.pilot, self.referee
        kept = {"num_dropped": pilot.num_dropped, "num_falls": pilot.num_falls}
        kept |= {"is_resetting": int(pilot.holds_goals), "num_timeouts": pilot.num_timeouts}
        kept["waits_for_person"] = int(pilot.is_resetting and isinstance(pilot.reset, HumanReset))
        if referee is not None:
            kept |= {"num_successes": referee.num_successes, "num_failures": referee.num_failures}
        return {**acting, **self._journal.state(), **kept}

    def close(self) -> None:
        """Write what waits, as far as the disk allows."""
        for kept in self.referee.flush() if self.referee is not None else ():
            self._put(kept)
        self._journal.close()
        if self._labels is not None:
            self._labels.close()

    def _put(self, transition: Transition) -> None:
        self._num_rows += self._journal.put(transition)
        if self._actor is not None:
            self._actor.note(transition)

    def _note_verdict(self, transition: Transition, is_success: bool) -> None:
        """Say who called this step, which is about to be kept, a success or a failure."""
        assert self._labels is not None and self.judge is not None
        label = Label(
            judge=self.judge.name,
            is_success=is_success,
            env_step=self._num_rows,
            unix_s=time.time(),
            task=self.pilot.task.describe(),
            policy_hz=self.pilot.policy_hz,
            context=transition.next_context.astype(float).tolist(),
            goal=transition.goal.astype(float).tolist(),
        )
        self._labels.put(label)
