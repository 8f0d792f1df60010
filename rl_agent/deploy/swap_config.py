"""How long each step of a hot swap takes, and when a version is found bad."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from .shadow_run import ShadowConfig
from .swap_watch import WatchConfig


@dataclass(frozen=True, kw_only=True)
class SwapConfig:
    """The defaults are for 20 Hz; `for_rate` makes those for another one."""

    shadow: ShadowConfig = field(default_factory=ShadowConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)
    blend_ticks: int = 10
    """Ticks over which a version is blended in: 0.5 s."""
    rollback_ticks: int = 4
    """Ticks over which the difference fades after a roll back: 0.2 s."""
    hold_ticks: int = 40
    """The next version is not blended in before the first block of the one that acts was judged.
    After so many ticks it is all the same: where no transition is concluded no block ever ends, and
    learning must not stand still."""
    max_refusals: int = 3
    """After so many suspicious shadow runs in a row the next version goes on trial all the same."""
    max_kept: int = 4
    """Versions held in memory, the one that acts included."""

    def __post_init__(self) -> None:
        counts = (self.blend_ticks, self.rollback_ticks, self.hold_ticks)
        if min(counts) < 1 or self.max_refusals < 0 or self.max_kept < 2:
            message = "expected positive tick counts, max_refusals >= 0 and max_kept >= 2"
            raise ValueError(f"{message}, found {self}")

    @classmethod
    def for_rate(cls, policy_hz: float) -> SwapConfig:
        """Return the defaults at another rate, with the same durations in seconds.

        Args:
            policy_hz: > 0.
        """
        if not (math.isfinite(policy_hz) and policy_hz > 0.0):
            raise ValueError(f"expected a policy_hz above 0, found {policy_hz}")
        second = max(round(policy_hz), 2)
        return cls(
            shadow=replace(ShadowConfig(), num_ticks=second),
            watch=replace(WatchConfig(), block_ticks=second),
            blend_ticks=max(round(0.5 * policy_hz), 1),
            rollback_ticks=max(round(0.2 * policy_hz), 1),
            hold_ticks=2 * second,
        )
