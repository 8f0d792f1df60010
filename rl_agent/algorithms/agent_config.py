"""What all algorithms have in common: dimensions, rates, and what they see of the experience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from rl_agent.exploration.registry import DEFAULT_HORIZON, DEFAULT_THETA, Exploration

DEFAULT_GAMMA = 0.99
"""Where there is no task to say."""


@dataclass(frozen=True, kw_only=True)
class AgentConfig:
    """Settings of every algorithm; its own ones, and its paper's defaults, are in a subclass.

    Common to all, whatever a paper has: `normalize_obs`, and that the actor which is tried out and
    exported is an average.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    utd_ratio: float = 1.0
    """Critic updates per environment step."""
    policy_delay: int = 1
    """Critic updates per actor update."""
    actor_average_rate: float = 0.01
    """Polyak rate, per actor update, of the actor that is tried out and exported; 1 for no average.

    Single updates make success wobble by tens of per cent; the average of the last 100 hardly does.
    The average starts short: it is over the last tenth of the updates, until that is 1 / rate.
    """
    n_step: int = 1
    gamma: float | None = None
    """None takes the task's, or 0.99 where there is no task."""
    tau: float = 0.005
    """Polyak rate of the target networks, per critic update."""
    smoothness_coef: float = 0.0
    """Weight of |pi(next_obs) - pi(obs)|^2 in the actor's loss (CAPS, Mysore et al. 2021, eq. 2).

    Without it policies chatter between neighbouring observations, which shakes real gears.
    """
    actor_hidden_dims: tuple[int, ...] = (256, 256)
    critic_hidden_dims: tuple[int, ...] = (256, 256)
    batch_size: int = 256
    actor_learning_rate: float = 3e-4
    critic_learning_rate: float = 3e-4
    learning_rate_end: float = 1.0
    """What is left of the learning rates in the end: they fall evenly; 1 lets them stay."""
    decay_updates: int | None = None
    """Critic updates over which they fall; None takes those that a training plans."""
    weight_decay: float = 0.0
    """Of actor and critics, apart from the gradient's moments (AdamW); times the learning rate."""
    adam_beta_1: float = 0.9
    """Decay of Adam's first moment, for actor and critics."""
    normalize_obs: bool = True
    exploration: Exploration = "sampled"
    """How the noise that explores hangs together over time, each step's own spread being the same.

    *sampled* draws each action from the policy alone, *gaussian* is that of policies without a
    spread; *ou* (Ornstein-Uhlenbeck) and *pink* push one way for longer, and arms get somewhere;
    *gsde* is a function of what the actor's last layer sees, and pushes alike where that is alike;
    *repeated* holds a draw for one step, or now and then for up to 16.
    """
    exploration_theta: float = DEFAULT_THETA
    """Of *ou* [1/step]: it forgets within about 1 / theta steps."""
    exploration_horizon: int = DEFAULT_HORIZON
    """Of *pink*: steps in a sequence, best those of an episode."""
    exploration_resample: int = 8
    """Of *gsde*: steps until its function is drawn anew; 0 for an episode."""
    critic_action: Literal["applied", "proposed"] = "applied"
    """Which action the critics are trained on; see `rl_agent.data.replay_buffer`."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Compile the update; auto does it where the planned updates repay the time that it takes."""
    num_threads: int = 1
    """More threads than free cores make torch many times slower."""

    is_noise_last: ClassVar[bool] = False
    """Whether noise that explores is added behind tanh, to the action itself."""

    @property
    def discount(self) -> float:
        """`gamma`, or its default where nothing was said."""
        return DEFAULT_GAMMA if self.gamma is None else self.gamma

    def __post_init__(self) -> None:
        require(self.utd_ratio > 0.0, "utd_ratio must be above 0")
        require(self.policy_delay >= 1, "policy_delay must be at least 1")
        require(self.n_step >= 1, "n_step must be at least 1")
        require(self.gamma is None or 0.0 <= self.gamma < 1.0, "gamma must be in [0, 1)")
        require(0.0 < self.tau <= 1.0, "tau must be in (0, 1]")
        is_rate = 0.0 < self.actor_average_rate <= 1.0
        require(is_rate, "actor_average_rate must be in (0, 1]")
        require(self.exploration_theta > 0.0, "exploration_theta must be above 0")
        require(self.exploration_horizon >= 2, "exploration_horizon must be at least 2")
        require(self.exploration_resample >= 0, "exploration_resample must not be negative")
        require(self.smoothness_coef >= 0.0, "smoothness_coef must not be negative")
        require(0.0 < self.learning_rate_end <= 1.0, "learning_rate_end must be in (0, 1]")
        has_updates = self.decay_updates is None or self.decay_updates >= 1
        require(has_updates, "decay_updates must be at least 1")
        require(self.weight_decay >= 0.0, "weight_decay must not be negative")
        require(self.batch_size >= 1, "batch_size must be at least 1")
        require(self.num_threads >= 1, "num_threads must be at least 1")
        require(0.0 <= self.adam_beta_1 < 1.0, "adam_beta_1 must be in [0, 1)")
        hidden_dims = (*self.actor_hidden_dims, *self.critic_hidden_dims)
        require(all(dim >= 1 for dim in hidden_dims), "hidden dims must be at least 1")


def require(holds: bool, message: str) -> None:
    """Insist on a setting.

    Raises:
        ValueError: It does not hold.
    """
    if not holds:
        raise ValueError(message)


def require_equal_dims(name: str, dims: tuple[int, ...]) -> None:
    """Insist on what residual blocks need: at least one, and all of the same width.

    Raises:
        ValueError: It does not hold.
    """
    require(len(set(dims)) == 1, f"{name}: expected blocks of one width, got {list(dims)}")
