"""What a learner drives, and the counters that tell where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rl_agent.algorithms.agent import Agent
from rl_agent.clock import Clock
from rl_agent.data.disk import WhenFull
from rl_agent.data.journal import JournalWriter
from rl_agent.data.replay import Replay

from .env_adapter import EnvAdapter
from .evaluate import Evaluator, Score
from .metrics import MetricsWriter
from .progress import Progress
from .recent_steps import RecentSteps
from .training_time import TrainingTime


@dataclass(frozen=True, kw_only=True)
class KeptParts:
    """What every learner drives, whoever acts; it owns none of them."""

    agent: Agent
    replay: Replay
    recent: RecentSteps
    metrics: MetricsWriter
    when_full: WhenFull
    time: TrainingTime
    should_stop: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class LearnerParts(KeptParts):
    """What a learner drives that acts itself."""

    env: EnvAdapter
    journal: JournalWriter
    evaluator: Evaluator
    clock: Clock
    on_progress: Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Counters:
    """Where the run stands."""

    env_step: int = 0
    episode: int = 0
    num_interventions: int = 0
    """Steps in which a limit changed the command, see `is_limited`."""
    evaluated_step: int = 0
    """Environment step of the last evaluation."""
    best_step: int | None = None
    best: Score | None = None
    num_skipped: int = 0
    """Gradient steps that were due and given up, for good."""
    success_streak: int = 0
    """Evaluations in a row that met `stop_at_success`."""

    @property
    def intervention_share(self) -> float:
        """Share of all steps in which a limit changed the command, 0 to 1."""
        return self.num_interventions / max(1, self.env_step)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Counters:
        """Return what `asdict` gave."""
        best = values["best"]
        return cls(**{**values, "best": None if best is None else Score(**best)})
