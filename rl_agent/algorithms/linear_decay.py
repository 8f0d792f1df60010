"""Learning rates that fall evenly over a training's updates, and then stay."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .agent_config import AgentConfig


@dataclass(frozen=True)
class LinearDecay:
    """From 1 to `end` over `num_updates` updates."""

    count: Tensor
    """Scalar: updates so far. Whoever counts keeps it; a reset optimiser does not begin anew."""
    num_updates: int
    end: float

    def share(self) -> Tensor:
        """Return what is left of a rate."""
        return 1.0 - (1.0 - self.end) * (self.count / self.num_updates).clamp_max(1.0)


def decay_of(config: AgentConfig, count: Tensor) -> LinearDecay | None:
    """Return the decay along an agent's count of critic updates (scalar); None for no decay."""
    if config.decay_updates is None or config.learning_rate_end == 1.0:
        return None
    return LinearDecay(count, config.decay_updates, config.learning_rate_end)
