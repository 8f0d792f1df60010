"""When the next goal is due; times are injected."""

from __future__ import annotations


class GoalClock:
    """Gives each goal its whole period; it stands still while a robot is being reset.

    The goal that stands is then the next episode's: one that came later would cut it off after a
    few steps.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._due_s: float | None = None

    def is_due(self, now_s: float, *, is_resetting: bool) -> bool:
        """Tell whether to give a goal now; the first one waits for nothing."""
        if self._due_s is None:
            return True
        if is_resetting:
            self._due_s = now_s + self._period_s
        return now_s >= self._due_s

    def give(self, now_s: float) -> None:
        """Note that a goal was given."""
        self._due_s = now_s + self._period_s
