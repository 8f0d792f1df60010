"""Replaces rewards by a judge's verdicts before they are learned from: 1 for a success, else 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rl_agent.types import Transition

from .judge import Judge

REWARD = 1.0


class Referee:
    """Rules on a robot's transitions before they are kept.

    With a judge the reward is sparse: 1 in the step of a success, 0 in every other. A verdict
    terminates the episode. The task's own rewards are dropped, because they may contradict the
    judge; and as nothing is earned after a termination, a task whose rewards are mostly positive
    would make success, which ends them, a punishment.
    """

    def __init__(self, judge: Judge, on_verdict: Callable[[Transition, bool], None]) -> None:
        """Ask `judge`; `on_verdict` is told of each judged step and whether it was a success."""
        self._judge = judge
        self._on_verdict = on_verdict
        self._last: Transition | None = None
        """Last step of an episode that is over, held back while the judge may still speak of it."""
        self.has_ended = False
        """Whether a verdict in the newest `take` ended an episode that would have gone on."""
        self.num_successes = self.num_failures = 0

    @property
    def is_waiting(self) -> bool:
        """Whether an episode that is over may still be judged."""
        return self._last is not None

    def take(self, transition: Transition | None, *, is_resetting: bool) -> list[Transition]:
        """Return the transitions that can be kept now, with their rewards, in order.

        An episode's last step may be held back: see `is_waiting`.

        Args:
            transition: The newest, if there is one.
            is_resetting: Whether no episode is under way, so that a late word can be waited for.
        """
        self.has_ended = False
        kept = self._settle(is_over=transition is not None or not is_resetting)
        if transition is None:
            return kept
        is_end = transition.terminated or transition.truncated
        verdict = self._judge.look(transition)
        if verdict is None and is_end and is_resetting and self._judge.speaks_late:
            self._last = transition
            return kept
        self.has_ended = verdict is not None and not is_end
        if is_end or self.has_ended:
            self._judge.forget()
        return [*kept, self._rule(transition, verdict)]

    def flush(self) -> list[Transition]:
        """Return what still waits for a word, as it will come no more."""
        return self._settle(is_over=True)

    def forget(self) -> None:
        """Drop words about an episode that a pause cut off."""
        self._judge.forget()

    def _settle(self, *, is_over: bool) -> list[Transition]:
        if self._last is None:
            return []
        verdict = self._judge.look(self._last)
        if verdict is None and not is_over:
            return []
        last, self._last = self._last, None
        self._judge.forget()
        return [self._rule(last, verdict)]

    def _rule(self, transition: Transition, verdict: bool | None) -> Transition:
        if verdict is None:
            return replace(transition, reward=0.0)
        self.num_successes += verdict
        self.num_failures += not verdict
        ruled = replace(transition, reward=REWARD if verdict else 0.0, terminated=True)
        self._on_verdict(ruled, verdict)
        return ruled
