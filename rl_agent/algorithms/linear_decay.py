"""Learning rates that fall evenly over a training's updates, and then stay."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .agent_config import AgentConfig


@dataclass(frozen=True)
class LinearDecay:
    """From 1 to `end` over `num_steps` steps."""

    num_steps: int
    end: float

    def share(self, count: Tensor) -> Tensor:
        """Return what is left of a rate after `count` (scalar) steps."""
        return 1.0 - (1.0 - self.end) * (count / self.num_steps).clamp_max(1.0)


def decay_of(config: AgentConfig, period: int = 1) -> LinearDecay | None:
    """Return the decay for an optimiser that steps every `period` updates; None for no decay."""
    if config.decay_updates is None or config.learning_rate_end == 1.0:
        return None
    return LinearDecay(max(1, config.decay_updates // period), config.learning_rate_end)
