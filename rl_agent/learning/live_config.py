"""Settings of a learner whose robot acts by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from rl_agent.exploration.registry import DEFAULT_EXPLORE_UNTIL
from rl_agent.interface.resets import ResetName
from rl_agent.judging.judge import TASK


@dataclass(frozen=True, kw_only=True)
class LiveConfig:
    """When versions of the policy go to the robot; `surefoot live` alone reads this."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    publish_every_s: float = 5.0
    """Shortest time between two versions [s]; without a gradient step meanwhile there is none."""
    first_updates: int = 100
    """Gradient steps before the first version: until then the robot acts at random."""
    utd_ratio: float | None = None
    """Critic updates per step of the robot; None takes `agent.utd_ratio`."""
    actor_average_rate: float | None = None
    """How quickly the average that acts follows the learning actor; None takes
    `agent.actor_average_rate`. On a robot the average explores as well: if it lags far behind, the
    critics never see what the learning actor would do."""
    explore_until: float = DEFAULT_EXPLORE_UNTIL
    """From half of this share of successes on, the robot explores less and less; once it is
    reached, not at all. Above 1 the robot never stops exploring."""
    keep_versions: int = 20
    """Newest versions that stay on the disk; older ones are removed."""
    max_lag_updates: int = 4000
    """Most gradient steps that a slow learner may owe; any more are skipped, and counted."""
    reset: ResetName = "none"
    """What happens between two episodes; nothing of it is learned from."""
    judge: str = TASK
    """Who says what a success is: task, human, or a classifier's file by `surefoot judge fit`.
    With a judge other than the task, only a success earns a reward (1), and the verdict ends the
    episode."""
    sign: str | None = None
    """File of the private key that signs every version (`surefoot keys new`), for a robot whose
    profile pins a signing_key."""

    def __post_init__(self) -> None:
        if self.publish_every_s <= 0.0:
            raise ValueError("publish_every_s must be above 0")
        if self.utd_ratio is not None and self.utd_ratio <= 0.0:
            raise ValueError("utd_ratio must be above 0")
        if self.actor_average_rate is not None and not 0.0 < self.actor_average_rate <= 1.0:
            raise ValueError("actor_average_rate must be in (0, 1]")
        if self.explore_until <= 0.0:
            raise ValueError("explore_until must be above 0")
        if min(self.first_updates, self.keep_versions, self.max_lag_updates) < 1:
            message = "first_updates, keep_versions and max_lag_updates must be at least 1"
            raise ValueError(message)
        if not self.judge:
            raise ValueError("judge must be task, human, or a classifier's file")
