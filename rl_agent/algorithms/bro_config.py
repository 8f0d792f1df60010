"""Settings of BRO."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from .agent_config import require, require_equal_dims
from .max_ent_config import MaxEntConfig


@dataclass(frozen=True, kw_only=True)
class BroConfig(MaxEntConfig):
    """The paper's "BRO (Fast)": two updates per step and one reset.

    Networks are smaller, for a laptop's CPU: the paper's have 256 units in the actor, 512 in the
    critics, and 100 quantiles, whose pairs took most of an update's time. With ten updates per step
    the paper resets after 150, 500, 2500 and more thousand of them.
    """

    utd_ratio: float = 2.0
    batch_size: int = 128
    actor_hidden_dims: tuple[int, ...] = (128,)
    """Units of each residual block, all the same; the layer in front of them is as wide."""
    critic_hidden_dims: tuple[int, ...] = (128, 128)
    """The same of the critics."""
    weight_decay: float = 1e-4
    entropy_per_action: float = -0.5
    initial_alpha: float = 1.0
    num_qs: int = 2
    num_quantiles: int = 25
    """Atoms per critic."""
    reset_steps: tuple[int, ...] = (30_000,)
    """Updates after which all networks begin anew. Actions are then worse for a while, on hardware
    too; so is the policy that is exported."""

    def __post_init__(self) -> None:
        MaxEntConfig.__post_init__(self)
        require_equal_dims("actor_hidden_dims", self.actor_hidden_dims)
        require_equal_dims("critic_hidden_dims", self.critic_hidden_dims)
        require(self.num_qs >= 1, "num_qs must be at least 1")
        require(self.num_quantiles >= 2, "num_quantiles must be at least 2")
        ascends = all(first < second for first, second in pairwise((0, *self.reset_steps)))
        require(ascends, "reset_steps must be above 0 and ascend")
