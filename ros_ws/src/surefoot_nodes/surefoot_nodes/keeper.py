"""What a policy node keeps of each period: a transition for the journal, and for whoever acts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rl_agent.data.journal import JournalConfig, SyncPolicy
from rl_agent.data.journal_thread import JournalThread
from rl_agent.data.line_log import LineLog
from rl_agent.data.lost_steps import LOST
from rl_agent.data.meeting_point import MeetingPoint
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
        journal: JournalConfig | None = None,
        judge: Judge | None = None,
        meet_every: int = 0,
        num_steps: int = 0,
    ) -> None:
        """Open the journal, and beside it the labels of a judge.

        Args:
            folder: Of the journal.
            pilot: Who decides; it must have been told to keep experience.
            actor: Is told too, where it learns from it.
            on_message: Is told of trouble with the disk, from a thread.
            journal: How it is written.
            judge: Says what a success is, and rewards nothing else; None leaves it to the task.
            meet_every: Steps after which to wait for the learner, in lock-step; 0 for never.
            num_steps: Steps to keep, in lock-step; then time stands still. 0 for no end.

        Raises:
            JournalError: It cannot be opened.
            BusyError: Another process writes it.
        """
        self.applied = AppliedSum()
        """To be fed with what the gate reports."""
        self.pilot = pilot
        self.judge = judge
        self._actor = actor if isinstance(actor, LiveActor) else None
        self._labels: LineLog | None = None
        self.referee: Referee | None = None
        with realtime.background_for_new_threads():
            self._journal = JournalThread(
                folder,
                pilot.layout,
                journal,
                on_message=on_message,
                lost=folder.parent / LOST,
            )
            if judge is not None:
                self._labels = LineLog(folder.parent / LABELS, on_message)
                self.referee = Referee(judge, self._note_verdict)
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

    def state(self) -> dict[str, float]:
        """Return counts, flags, and how much of the noise is used, for people."""
        acting = self._actor.state() if self._actor is not None else {}
        pilot, referee = self.pilot, self.referee
        kept = {"num_dropped": pilot.num_dropped, "num_falls": pilot.num_falls}
        kept |= {"holds_goals": int(pilot.holds_goals), "num_timeouts": pilot.num_timeouts}
        kept["waits_for_person"] = int(pilot.is_resetting and isinstance(pilot.reset, HumanReset))
        if referee is not None:
            kept |= {"num_successes": referee.num_successes, "num_failures": referee.num_failures}
        if self._meeting is not None:
            kept["is_over"] = self._is_over
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


def make_keeper(
    values: Mapping[str, Any],
    pilot: Pilot,
    actor: Actor,
    on_message: Callable[[str], None],
    judge: Judge | None,
) -> ExperienceKeeper:
    """Return the keeper that a policy node's parameters ask for."""
    journal = JournalConfig(
        sync=SyncPolicy(values["journal_sync"]),
        sync_interval_s=values["journal_sync_interval_s"],
        segment_records=values["journal_segment_records"],
    )
    return ExperienceKeeper(
        Path(values["journal"]),
        pilot,
        actor,
        on_message,
        journal=journal,
        judge=judge,
        meet_every=values["meet_every"],
        num_steps=values["num_steps"],
    )
