"""Settings of algorithms that weigh the policy's entropy: SAC and its relatives."""

from __future__ import annotations

from dataclasses import dataclass

from .agent_config import AgentConfig, require


@dataclass(frozen=True, kw_only=True)
class MaxEntConfig(AgentConfig):
    """max E[sum gamma^t (r + alpha H(pi))]."""

    target_entropy: float | None = None
    """None takes `entropy_per_action` for each dimension of the action."""
    entropy_per_action: float = -1.0
    initial_alpha: float = 0.2
    learns_alpha: bool = True
    alpha_learning_rate: float = 3e-4
    backup_entropy: bool = True
    """Whether critics count the entropy of later actions; without, it counts for the actor alone.
    RLPD leaves it out where rewards are rare: an agent could live on entropy there."""

    def __post_init__(self) -> None:
        AgentConfig.__post_init__(self)
        has_spread = self.exploration != "gaussian"
        kinds = "sampled, ou, pink, gsde or repeated"
        require(has_spread, f"exploration must be {kinds}: the policy has a spread")
        require(self.initial_alpha > 0.0, "initial_alpha must be above 0")
