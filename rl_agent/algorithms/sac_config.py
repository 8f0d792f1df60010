"""Settings of SAC with critic ensembles; REDQ, DroQ, SAC-N and RLPD are points of this space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .agent_config import require
from .max_ent_config import MaxEntConfig


@dataclass(frozen=True, kw_only=True)
class SacConfig(MaxEntConfig):
    """Defaults are plain SAC with twin critics.

    Its relatives, three of which update critics 20 times per step and the actor once:

    REDQ: `num_qs=10, num_min_qs=2, utd_ratio=20, policy_delay=20`.
    DroQ: `use_layer_norm=True, dropout_rate=0.01, actor_q="mean", utd_ratio=20, policy_delay=20`.
    SAC-N: `num_qs=10, num_min_qs=10`, target and actor take the least of all N critics.
    RLPD: `num_qs=10, num_min_qs=2, use_layer_norm=True, utd_ratio=20, policy_delay=20`, half of
    each batch from `replay.demonstrations`; per task `backup_entropy=False` and `num_min_qs=1`.
    """

    num_qs: int = 2
    num_min_qs: int = 2
    """The target takes the least of this many critics, drawn afresh per update (REDQ)."""
    actor_q: Literal["min", "mean"] | None = None
    """What the actor climbs, of all critics: their least or, as in REDQ and DroQ, their mean.
    None takes the least where the target does (`num_min_qs = num_qs`), else the mean."""
    use_layer_norm: bool = False
    """Layer norm in the critics."""
    dropout_rate: float = 0.0
    """Of the critics' hidden units (DroQ uses 0.01 together with layer norm)."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the products between hidden layers in an update; weights stay float32. bfloat16 pays where
    the processor has instructions for it (avx512_bf16, amx) and the update is compiled."""

    def __post_init__(self) -> None:
        MaxEntConfig.__post_init__(self)
        require(1 <= self.num_min_qs <= self.num_qs, "num_min_qs must be in 1..num_qs")
        require(0.0 <= self.dropout_rate < 1.0, "dropout_rate must be in [0, 1)")
