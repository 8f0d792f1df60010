"""What learns. An agent owns its networks, optimisers and random generators, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from rl_agent.data.batch import Batch
from rl_agent.networks.actor import Actor
from rl_agent.types import FloatArray

from .agent_config import AgentConfig


@dataclass(frozen=True)
class AgentState:
    """All that makes an agent go on as before: tensors, and JSON-able values (RNG, counters)."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]


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

    @abstractmethod
    def __init__(self, obs_dim: int, act_dim: int, config: AgentConfig, seed: int) -> None:
        """Build a fresh agent; the same seed gives the same weights and draws."""

    @abstractmethod
    def act(self, obs: FloatArray, *, is_deterministic: bool = False) -> FloatArray:
        """Return (act_dim,) in [-1, 1] for one observation (obs_dim,)."""

    @abstractmethod
    def observe(self, obs: FloatArray) -> None:
        """Take an observation (obs_dim,) of the running experience into the normaliser."""

    def observe_reward(self, reward: float, *, is_last: bool) -> None:
        """Take a reward of the running experience, where an algorithm scales by them.

        Args:
            reward: Finite, of one step.
            is_last: Whether the episode ended with it.
        """
        del reward, is_last

    @abstractmethod
    def update(self, batch: Batch) -> None:
        """Take one critic update, and an actor update where one is due."""

    @abstractmethod
    def value(self, obs: FloatArray, action: FloatArray) -> FloatArray:
        """Return Q (B,) as the critics hold it on average, for (B, obs_dim) and (B, act_dim)."""

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Return averages since the last call; empty if there was no update."""

    @abstractmethod
    def get_state(self) -> AgentState:
        """Return the state; tensors are references, valid until the next update."""

    @abstractmethod
    def set_state(self, state: AgentState) -> None:
        """Continue from a state; shapes must fit."""

    @abstractmethod
    def compile(self) -> None:
        """Build the compiled update now (tens of seconds), leaving the state as it is."""
