"""Settings of a learner whose robot acts by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict


@dataclass(frozen=True, kw_only=True)
class LiveConfig:
    """When versions of the policy go to the robot; `surefoot live` alone reads this."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    publish_every_s: float = 5.0
    """Time between versions [s], where there was something to learn meanwhile."""
    first_updates: int = 100
    """Gradient steps before the first version: until then the robot acts at random."""
    explore_until: float = 0.95
    """Share of success at which the robot no longer explores; from half of that it explores less
    and less. Above 1 it never stops."""
    keep_versions: int = 20
    """Versions that stay on the disk."""
    max_lag_updates: int = 4000
    """Gradient steps that may be owed; what is owed beyond is given up, and counted."""

    def __post_init__(self) -> None:
        if self.publish_every_s <= 0.0:
            raise ValueError("publish_every_s must be above 0")
        if self.explore_until <= 0.0:
            raise ValueError("explore_until must be above 0")
        if min(self.first_updates, self.keep_versions, self.max_lag_updates) < 1:
            message = "first_updates, keep_versions and max_lag_updates must be at least 1"
            raise ValueError(message)
