"""What a person who watches a training wants to know."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rl_agent.clock import Clock

from .evaluate import Score

REPORT_INTERVAL_S = 1.0
NUM_MARKS = 15


@dataclass(frozen=True)
class Rates:
    """How fast it goes."""

    steps_per_s: float
    updates_per_s: float
    time_left_s: float | None
    """At the present rate; None before there is one."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a training stands."""

    env_step: int
    num_steps: int
    gradient_step: int
    mean_return: float | None
    """Over the last episodes."""
    newest_evaluation: Score | None
    best: Score | None
    best_step: int | None
    intervention_share: float
    """Of all steps, those in which a limit changed the command, 0 to 1."""
    num_quarantined: int
    rates: Rates


class RateMeter:
    """Rates over the last few reports."""

    def __init__(self, clock: Clock, env_step: int = 0, gradient_step: int = 0) -> None:
        self._clock = clock
        start = (clock.now(), env_step, gradient_step)
        self._marks: deque[tuple[float, int, int]] = deque([start], maxlen=NUM_MARKS)

    @property
    def is_due(self) -> bool:
        """Tell whether the last report is so old that a person would like another."""
        return self._clock.now() - self._marks[-1][0] >= REPORT_INTERVAL_S

    def measure(self, env_step: int, gradient_step: int, num_steps: int) -> Rates:
        """Return the rates since the oldest report remembered; evaluations count as time too."""
        now_s = self._clock.now()
        first_s, first_env_step, first_gradient_step = self._marks[0]
        elapsed_s = max(now_s - first_s, 1e-9)
        self._marks.append((now_s, env_step, gradient_step))
        steps_per_s = (env_step - first_env_step) / elapsed_s
        updates_per_s = (gradient_step - first_gradient_step) / elapsed_s
        left_s = (num_steps - env_step) / steps_per_s if steps_per_s > 0.0 else None
        return Rates(steps_per_s, updates_per_s, left_s)
