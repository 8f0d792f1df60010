"""What learns. An agent owns its networks, optimisers and random generators, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from torch import Tensor

from rl_agent.data.batch import Batch
from rl_agent.networks.actor import Actor
from rl_agent.types import FloatArray

from .agent_config import AgentConfig


@dataclass(frozen=True)
class AgentState:
    """All that makes an agent go on as before: tensors, and values (RNG, counters, arrays)."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]


class PolicySample(NamedTuple):
    """What the policy that explores does in some states."""

    action: FloatArray  # (B, act_dim) in [-1, 1]
    entropy_bonus: FloatArray  # (B,) what critics count for the entropy there, beside rewards


class Agent(ABC):
    """max E[sum gamma^t r] from replayed batches.

    A new algorithm is one file with a subclass and one line in `registry.py`.
    """

    config_class: ClassVar[type[AgentConfig]] = AgentConfig
    """What its settings are read into."""
    actor: Actor
    """What is exported: raw observation to mean and log_std before tanh."""
    gradient_step: int
    """Critic updates so far."""
    is_compiled: bool = False
    takes_weights: ClassVar[bool] = False
    """Whether its critics can weigh a batch's rows, which prioritised replay asks for."""

    @abstractmethod
    def __init__(self, obs_dim: int, act_dim: int, config: AgentConfig, seed: int) -> None:
        """Build a fresh agent; the same seed gives the same weights and draws."""

    @abstractmethod
    def act(self, obs: FloatArray, *, is_deterministic: bool = False) -> FloatArray:
        """Return (act_dim,) in [-1, 1] for one observation (obs_dim,)."""

    def end_episode(self) -> None:
        """Take note that the next action to explore with begins an episode."""
        return  # most noise has no memory

    @abstractmethod
    def observe(self, obs: FloatArray) -> None:
        """Take an observation (obs_dim,) of the running experience into the normaliser."""

    def observe_reward(  # noqa: B027 - most have nothing to do here
        self, reward: float, *, is_last: bool
    ) -> None:
        """Take a step's reward into statistics of returns; most algorithms keep none.

        Args:
            reward: Of one step, in the order in which they came.
            is_last: Whether the episode ended here, for whatever reason.
        """

    @abstractmethod
    def update(self, batch: Batch) -> None:
        """Take one critic update, and an actor update where one is due."""

    def use_weights(self) -> None:
        """Weigh rows by `Batch.weight` and keep their errors; call it before `compile`.

        Raises:
            ValueError: The algorithm can't.
        """
        raise ValueError(f"{type(self).__name__} can't weigh the rows of a batch")

    def td_error(self) -> FloatArray:
        """Return (B,) how far, at least 0, the critics were from their targets in the last update.

        Raises:
            ValueError: `use_weights` was not called.
        """
        raise ValueError(f"{type(self).__name__} keeps no errors")

    @abstractmethod
    def value(self, obs: FloatArray, action: FloatArray) -> FloatArray:
        """Return Q (B,) as the critics hold it on average, for (B, obs_dim) and (B, act_dim)."""

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Return averages since the last call; empty if there was no update."""

    def health(self) -> dict[str, float]:
        """Return figures of the networks themselves, finite ones alone; the agent stays as it is.

        Generators, statistics and weights are not touched, and what can't be told is left out.
        """
        return {}

    def try_policy(self, obs: FloatArray) -> PolicySample | None:
        """Return what it does for observations (B, obs_dim), touching no generator; None if unable.

        It is the policy whose returns `value` is about.
        """
        del obs
        return None

    @abstractmethod
    def get_state(self) -> AgentState:
        """Return the state; tensors are references, valid until the next update."""

    @abstractmethod
    def set_state(self, state: AgentState) -> None:
        """Continue from a state; shapes must fit."""

    @abstractmethod
    def compile(self) -> None:
        """Build the compiled update now (tens of seconds), leaving the state as it is."""
