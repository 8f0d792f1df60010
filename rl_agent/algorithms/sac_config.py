"""Settings of SAC with critic ensembles: plain SAC, REDQ and DroQ are points of this space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict


@dataclass(frozen=True, kw_only=True)
class SacConfig:
    """Defaults are plain SAC with twin critics.

    REDQ: `num_qs=10, num_min_qs=2, utd_ratio=20`. DroQ: `use_layer_norm=True, dropout_rate=0.01,
    utd_ratio=20`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    num_qs: int = 2
    num_min_qs: int = 2
    """The target takes the least of this many critics, drawn afresh per update (REDQ)."""
    utd_ratio: float = 1.0
    """Critic updates per environment step."""
    policy_delay: int = 1
    """Critic updates per actor update."""
    actor_average_rate: float = 0.01
    """Polyak rate, per actor update, of the actor that is tried out and exported; 1 for no average.

    Single updates make success wobble by tens of per cent; the average of the last 100 hardly does.
    """
    use_layer_norm: bool = False
    """Layer norm in the critics."""
    dropout_rate: float = 0.0
    """Of the critics' hidden units (DroQ uses 0.01 together with layer norm)."""
    n_step: int = 1
    gamma: float | None = None
    """None takes the task's, or 0.99 where there is no task."""
    tau: float = 0.005
    """Polyak rate of the target critics, per critic update."""
    target_entropy: float | None = None
    """None takes -act_dim."""
    initial_alpha: float = 0.2
    learns_alpha: bool = True
    smoothness_coef: float = 0.0
    """Weight of |pi(next_obs) - pi(obs)|^2 in the actor's loss (CAPS, Mysore et al. 2021, eq. 2).

    Without it policies chatter between neighbouring observations, which shakes real gears.
    """
    actor_hidden_dims: tuple[int, ...] = (256, 256)
    critic_hidden_dims: tuple[int, ...] = (256, 256)
    batch_size: int = 256
    actor_learning_rate: float = 3e-4
    critic_learning_rate: float = 3e-4
    alpha_learning_rate: float = 3e-4
    normalize_obs: bool = True
    critic_action: Literal["applied", "proposed"] = "applied"
    """Which action the critics are trained on; see `rl_agent.data.replay_buffer`."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Compile the update; auto does it where the planned updates repay the time that it takes."""
    num_threads: int = 1
    """More threads than free cores make torch many times slower."""

    def __post_init__(self) -> None:
        _require(1 <= self.num_min_qs <= self.num_qs, "num_min_qs must be in 1..num_qs")
        _require(self.utd_ratio > 0.0, "utd_ratio must be above 0")
        _require(self.policy_delay >= 1, "policy_delay must be at least 1")
        _require(0.0 <= self.dropout_rate < 1.0, "dropout_rate must be in [0, 1)")
        _require(self.n_step >= 1, "n_step must be at least 1")
        _require(self.gamma is None or 0.0 <= self.gamma < 1.0, "gamma must be in [0, 1)")
        _require(0.0 < self.tau <= 1.0, "tau must be in (0, 1]")
        is_rate = 0.0 < self.actor_average_rate <= 1.0
        _require(is_rate, "actor_average_rate must be in (0, 1]")
        _require(self.initial_alpha > 0.0, "initial_alpha must be above 0")
        _require(self.smoothness_coef >= 0.0, "smoothness_coef must not be negative")
        _require(self.batch_size >= 1, "batch_size must be at least 1")
        _require(self.num_threads >= 1, "num_threads must be at least 1")
        hidden_dims = (*self.actor_hidden_dims, *self.critic_hidden_dims)
        _require(all(dim >= 1 for dim in hidden_dims), "hidden dims must be at least 1")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
