"""Settings of CrossQ."""

from __future__ import annotations

from dataclasses import dataclass

from .agent_config import require
from .max_ent_config import MaxEntConfig


@dataclass(frozen=True, kw_only=True)
class CrossQConfig(MaxEntConfig):
    """The paper's, but for `critic_hidden_dims` and `normalize_obs`.

    Its critics have 2 x 2048 units; 2 x 256 are for a laptop's CPU. It leaves observations to batch
    norm, which does not clip what is far out. `tau` is without effect: there are no slow critics.
    """

    policy_delay: int = 3
    num_qs: int = 2
    actor_learning_rate: float = 1e-3
    critic_learning_rate: float = 1e-3
    alpha_learning_rate: float = 1e-3
    initial_alpha: float = 1.0
    adam_beta_1: float = 0.5
    renorm_starts: int = 100_000
    """Updates, of critics and of actor each, after which batch norm becomes batch renorm.

    Lower it where batches are small: their moments alone are noise.
    """

    def __post_init__(self) -> None:
        MaxEntConfig.__post_init__(self)
        require(self.num_qs >= 1, "num_qs must be at least 1")
        require(self.renorm_starts >= 0, "renorm_starts must not be negative")
