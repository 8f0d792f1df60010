"""Settings of TQC."""

from __future__ import annotations

from dataclasses import dataclass

from .agent_config import require
from .max_ent_config import MaxEntConfig


@dataclass(frozen=True, kw_only=True)
class TqcConfig(MaxEntConfig):
    """The paper's, but for its critics of 3 x 512 units."""

    num_qs: int = 5
    num_quantiles: int = 25
    """Atoms per critic."""
    num_dropped: int = 2
    """Largest atoms left out of a target, per critic: more is more pessimistic."""
    use_layer_norm: bool = False
    """Layer norm in the critics."""

    def __post_init__(self) -> None:
        MaxEntConfig.__post_init__(self)
        require(self.num_qs >= 1, "num_qs must be at least 1")
        require(self.num_quantiles >= 2, "num_quantiles must be at least 2")
        holds = 0 <= self.num_dropped < self.num_quantiles
        require(holds, "num_dropped must be in 0..num_quantiles - 1")
