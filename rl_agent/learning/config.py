"""All settings of one training, in one frozen tree; YAML and command line are validated into it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from pydantic import ConfigDict

from rl_agent.algorithms.agent_config import AgentConfig
from rl_agent.algorithms.sac_config import SacConfig
from rl_agent.bonuses.bonus_config import BonusConfig
from rl_agent.data.journal import JournalConfig
from rl_agent.data.quarantine import QuarantineConfig
from rl_agent.data.relabel import RelabelConfig
from rl_agent.data.replay_config import ReplayConfig
from rl_agent.judging.judge import TASK

from .live_config import LiveConfig

DEFAULT_ALGO = "sac"


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """When and how the policy is tried out, deterministically, in an environment of its own."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    every: int = 1000
    """Environment steps between evaluations."""
    first: int = 0
    """No evaluation before this many environment steps."""
    num_episodes: int = 10
    num_confirm: int = 20
    """Fresh episodes for a policy that looks better than the best; they alone decide."""
    stop_at_success: float | None = None
    """End early once this share of fresh episodes succeeds, `stop_after` times in a row."""
    stop_after: int = 2

    def __post_init__(self) -> None:
        if self.every < 1 or self.num_episodes < 1 or self.num_confirm < 1 or self.stop_after < 1:
            raise ValueError("every, num_episodes, num_confirm and stop_after must be at least 1")
        if self.stop_at_success is not None and not 0.0 < self.stop_at_success <= 1.0:
            raise ValueError("stop_at_success must be in (0, 1]")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run. Together with the code's version it determines every number."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    env: str
    """Gymnasium id, `module:id` for one that a module registers."""
    env_options: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of the environment."""
    algo: str = DEFAULT_ALGO
    num_steps: int = 20_000
    """Environment steps."""
    seed: int = 0
    learning_starts: int = 500
    """Environment steps with random actions before the first update."""
    random_hold: int = 1
    """Steps for which a random action is held; a slow arm goes nowhere with a new one each step."""
    buffer_size: int = 500_000
    agent: AgentConfig = field(default_factory=SacConfig)
    """Of the algorithm's own class, see `rl_agent.algorithms.registry`."""
    replay: ReplayConfig = field(default_factory=ReplayConfig)
    bonus: BonusConfig = field(default_factory=BonusConfig)
    """For what is new, added to rewards in batches; the journal holds the task's."""
    relabel: RelabelConfig = field(default_factory=RelabelConfig)
    quarantine: QuarantineConfig = field(default_factory=QuarantineConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    journal: JournalConfig = field(default_factory=JournalConfig)
    live: LiveConfig = field(default_factory=LiveConfig)
    checkpoint_every_s: float = 5.0
    """Wall time between checkpoints [s]; no result depends on it."""
    log_every: int = 200
    """Environment steps between lines of metrics."""
    health_every: int = 1000
    """Environment steps between looks at the networks' health; 0 for never. Changes no result."""

    def at_live_rates(self) -> TrainConfig:
        """Return what holds beside a robot that acts by itself, in `agent`'s place."""
        agent = self.agent
        if self.live.utd_ratio is not None:
            agent = replace(agent, utd_ratio=self.live.utd_ratio)
        if self.live.actor_average_rate is not None:
            agent = replace(agent, actor_average_rate=self.live.actor_average_rate)
        return replace(self, agent=agent)

    def __post_init__(self) -> None:
        for name in ("num_steps", "learning_starts", "random_hold", "buffer_size", "log_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.seed < 0 or self.health_every < 0:
            raise ValueError("seed and health_every must not be negative")
        if self.buffer_size < self.agent.n_step:
            raise ValueError("buffer_size must hold n_step steps")
        if self.checkpoint_every_s <= 0.0:
            raise ValueError("checkpoint_every_s must be above 0")
        if self.live.judge != TASK and self.relabel.fraction > 0.0:
            raise ValueError(
                "relabel.fraction must be 0 where live.judge is not the task: of another goal "
                "nobody has said whether it was met (add --set relabel.fraction=0)"
            )
