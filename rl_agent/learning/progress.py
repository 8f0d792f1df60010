"""What a person who watches a training wants to know."""

from __future__ import annotations

from dataclasses import dataclass

from rl_agent.clock import Clock

from .evaluate import Score


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
    num_quarantined: int
    rates: Rates


class RateMeter:
    """Rates since it was last asked."""

    def __init__(self, clock: Clock, env_step: int = 0, gradient_step: int = 0) -> None:
        self._clock = clock
        self._last = (clock.now(), env_step, gradient_step)

    def measure(self, env_step: int, gradient_step: int, num_steps: int) -> Rates:
        """Return the rates between the last call and this one."""
        now_s = self._clock.now()
        last_s, last_env_step, last_gradient_step = self._last
        elapsed_s = max(now_s - last_s, 1e-9)
        self._last = (now_s, env_step, gradient_step)
        steps_per_s = (env_step - last_env_step) / elapsed_s
        updates_per_s = (gradient_step - last_gradient_step) / elapsed_s
        left_s = (num_steps - env_step) / steps_per_s if steps_per_s > 0.0 else None
        return Rates(steps_per_s, updates_per_s, left_s)
