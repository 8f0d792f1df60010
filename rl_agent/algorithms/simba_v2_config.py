"""Settings of SimbaV2."""

from __future__ import annotations

from dataclasses import dataclass

from .agent_config import require, require_equal_dims
from .max_ent_config import MaxEntConfig


@dataclass(frozen=True, kw_only=True)
class SimbaV2Config(MaxEntConfig):
    """The paper's, but for its networks, which are smaller here, for a laptop's CPU.

    The paper's have 128 units in the actor and 512 in the critics. Learning rates fall to half, as
    in its authors' code.
    """

    utd_ratio: float = 2.0
    actor_hidden_dims: tuple[int, ...] = (64,)
    """Units of each residual block, all the same; inside it is four times as wide."""
    critic_hidden_dims: tuple[int, ...] = (128, 128)
    """The same of the critics."""
    actor_learning_rate: float = 1e-4
    critic_learning_rate: float = 1e-4
    alpha_learning_rate: float = 1e-4
    learning_rate_end: float = 0.5
    entropy_per_action: float = -0.5
    initial_alpha: float = 0.01
    """In units of scaled rewards."""
    num_qs: int = 2
    """A target believes the one that expects least; 1 where episodes do not end by failing."""
    num_bins: int = 101
    return_limit: float = 5.0
    """Rewards are scaled so that returns lie within it; the bins reach from minus it to it."""
    shift: float = 3.0
    """A constant beside the inputs, in standard deviations: how much their length tells."""

    def __post_init__(self) -> None:
        MaxEntConfig.__post_init__(self)
        require_equal_dims("actor_hidden_dims", self.actor_hidden_dims)
        require_equal_dims("critic_hidden_dims", self.critic_hidden_dims)
        require(self.num_qs >= 1, "num_qs must be at least 1")
        require(self.num_bins >= 2, "num_bins must be at least 2")
        require(self.return_limit > 0.0, "return_limit must be above 0")
        require(self.shift > 0.0, "shift must be above 0")
