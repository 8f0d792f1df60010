"""Settings of FlashSAC."""

from __future__ import annotations

from dataclasses import dataclass

from rl_agent.exploration.registry import Exploration

from .agent_config import require_equal_dims
from .xqc_config import XqcConfig


@dataclass(frozen=True, kw_only=True)
class FlashSacConfig(XqcConfig):
    """The authors' for one robot and no GPU, but for these.

    Networks are smaller, for a laptop's CPU: theirs have 2 blocks of 128 units in the actor and of
    256 in the critics, and batches of 512. The spread of actions is bounded as in SAC, where theirs
    passes a tanh. Noise begins anew with each episode. Learning rates fall to half as theirs, but
    along a line and not a cosine.
    """

    utd_ratio: float = 1.0
    policy_delay: int = 2
    tau: float = 0.01
    learning_rate_end: float = 0.5
    actor_hidden_dims: tuple[int, ...] = (48, 48)
    """Units of each residual block, all the same; inside it is four times as wide."""
    critic_hidden_dims: tuple[int, ...] = (48, 48)
    """The same of the critics."""
    entropy_per_action: float = -0.48
    """That of a Gaussian whose standard deviation is 0.15."""
    exploration: Exploration = "repeated"

    def __post_init__(self) -> None:
        XqcConfig.__post_init__(self)
        require_equal_dims("actor_hidden_dims", self.actor_hidden_dims)
        require_equal_dims("critic_hidden_dims", self.critic_hidden_dims)
