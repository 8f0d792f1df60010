"""Settings of TD3 and of DDPG, which is TD3 without what tames it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from rl_agent.exploration.registry import Exploration

from .agent_config import AgentConfig, require


@dataclass(frozen=True, kw_only=True)
class Td3Config(AgentConfig):
    """Delay, noise and targets are the paper's; the target actor is tried out and exported."""

    is_noise_last: ClassVar[bool] = True
    policy_delay: int = 2
    """Critic updates per update of the actor and of all targets."""
    tau: float = 0.005
    """Of the target critics, per actor update: they wait for the actor, as in the paper."""
    actor_average_rate: float = 0.005
    """Of the target actor, per actor update."""
    num_qs: int = 2
    use_layer_norm: bool = False
    """Layer norm in the critics."""
    exploration: Exploration = "gaussian"
    exploration_noise: float = 0.1
    """Standard deviation of what is added to an action, of its range [-1, 1]."""
    target_noise: float = 0.2
    """The same for the target's action: neighbouring actions are worth alike."""
    target_noise_clip: float = 0.5
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the products between hidden layers in an update; weights stay float32. bfloat16 pays where
    the processor has instructions for it (avx512_bf16, amx) and the update is compiled."""

    def __post_init__(self) -> None:
        AgentConfig.__post_init__(self)
        has_noise = self.exploration != "sampled"
        kinds = "gaussian, ou, pink, gsde or repeated"
        require(has_noise, f"exploration must be {kinds}: the policy has no spread")
        require(self.num_qs >= 1, "num_qs must be at least 1")
        for name in ("exploration_noise", "target_noise", "target_noise_clip"):
            require(getattr(self, name) >= 0.0, f"{name} must not be negative")


@dataclass(frozen=True, kw_only=True)
class DdpgConfig(Td3Config):
    """One critic, no delay, no noise on the target's action."""

    policy_delay: int = 1
    num_qs: int = 1
    target_noise: float = 0.0
