"""Settings of MPO."""

from __future__ import annotations

from dataclasses import dataclass

from .agent_config import AgentConfig, require


@dataclass(frozen=True, kw_only=True)
class MpoConfig(AgentConfig):
    """Bounds as usual for MPO; the paper copies its target networks, here they follow slowly.

    The target actor is the average that is tried out and exported.
    """

    batch_size: int = 128
    actor_average_rate: float = 0.01
    """Of the target actor, per actor update; the bounds hold between it and the actor."""
    num_qs: int = 2
    """A target believes the least of them; the paper has one."""
    use_layer_norm: bool = False
    """Layer norm in the critics."""
    num_samples: int = 20
    """Actions drawn per observation, for the target and for the new policy."""
    kl_bound: float = 0.1
    """How far the weighted samples may be from the target actor, in nats."""
    kl_mean_bound: float = 0.01
    """How far the actor's mean may be from the target actor's, in nats."""
    kl_std_bound: float = 1e-4
    """The same of its spread: it shrinks slowly, so that exploration lasts."""
    initial_temperature: float = 1.0
    initial_mean_multiplier: float = 1.0
    initial_std_multiplier: float = 10.0
    dual_learning_rate: float = 1e-2
    """Of temperature and multipliers, in their logarithms."""

    def __post_init__(self) -> None:
        AgentConfig.__post_init__(self)
        require(self.num_qs >= 1, "num_qs must be at least 1")
        require(self.num_samples >= 2, "num_samples must be at least 2")
        positive = (
            "kl_bound",
            "kl_mean_bound",
            "kl_std_bound",
            "initial_temperature",
            "initial_mean_multiplier",
            "initial_std_multiplier",
            "dual_learning_rate",
        )
        for name in positive:
            require(getattr(self, name) > 0.0, f"{name} must be above 0")
