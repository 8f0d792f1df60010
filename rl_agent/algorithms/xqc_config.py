"""Settings of XQC."""

from __future__ import annotations

from dataclasses import dataclass

from .agent_config import require
from .max_ent_config import MaxEntConfig


@dataclass(frozen=True, kw_only=True)
class XqcConfig(MaxEntConfig):
    """The authors', but for critics of 4 x 512 units, too many for a laptop.

    Nor do learning rates fall over a run, unless `learning_rate_end` says to what.
    """

    utd_ratio: float = 2.0
    policy_delay: int = 3
    num_qs: int = 2
    actor_hidden_dims: tuple[int, ...] = (256, 256, 256, 256)
    critic_hidden_dims: tuple[int, ...] = (256, 256, 256, 256)
    entropy_per_action: float = -0.5
    initial_alpha: float = 0.01
    num_atoms: int = 101
    """Of the critics' distributions."""
    value_limit: float = 5.0
    """Atoms span plus and minus this, in returns divided by the scale of rewards."""

    def __post_init__(self) -> None:
        MaxEntConfig.__post_init__(self)
        require(self.num_qs >= 1, "num_qs must be at least 1")
        require(self.num_atoms >= 2, "num_atoms must be at least 2")
        require(self.value_limit > 0.0, "value_limit must be above 0")
