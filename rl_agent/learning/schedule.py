"""When a gradient step is due: a pure function of the counters, so that a resumed run agrees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class UpdateSchedule:
    """`utd_ratio` gradient steps per environment step after the first `learning_starts`."""

    learning_starts: int
    utd_ratio: float

    def num_due(self, env_step: int, gradient_step: int) -> int:
        """Return how many gradient steps to take now."""
        return max(0, self.num_planned(env_step) - gradient_step)

    def num_planned(self, env_step: int) -> int:
        """Return how many gradient steps belong to the first `env_step` environment steps."""
        return int((max(0, env_step - self.learning_starts)) * self.utd_ratio)
