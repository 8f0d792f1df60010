"""How much what is new is worth, beside the task's reward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict


@dataclass(frozen=True, kw_only=True)
class BonusConfig:
    """Defaults add nothing: for tasks that seldom reward, where noise alone finds no reward."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: Literal["none", "disagreement", "rnd", "count"] = "none"
    """*disagreement* of learned models about what an action does, which noise of a sensor does not
    feed for long; *rnd*, how badly a network knows another one's answer to the next observation;
    *count*, one over the root of visits to its cell.
    """
    coef: float = 0.1
    """What a usual row's reward is raised by at the start, in the task's units."""
    decay: float = 1e-4
    """Share of `coef` that is lost per environment step; the last word is the task's."""
    hidden_dims: tuple[int, ...] = (128, 128)
    """Of what *disagreement* and *rnd* learn."""
    learning_rate: float = 3e-4
    batch_size: int = 256
    """Rows of each draw that they learn from."""
    num_models: int = 5
    """Of *disagreement*."""
    num_features: int = 64
    """Numbers in an answer of *rnd*."""
    num_bits: int = 32
    """Of a cell's name in *count*: as many planes cut up the space of observations."""

    def __post_init__(self) -> None:
        if self.coef <= 0.0 or self.learning_rate <= 0.0:
            raise ValueError("coef and learning_rate must be above 0")
        if not 0.0 <= self.decay < 1.0:
            raise ValueError("decay must be in [0, 1)")
        if self.batch_size < 1 or self.num_features < 1 or min(self.hidden_dims, default=1) < 1:
            raise ValueError("batch_size, num_features and hidden_dims must be at least 1")
        if self.num_models < 2:
            raise ValueError("num_models must be at least 2")
        if not 1 <= self.num_bits <= 62:
            raise ValueError("num_bits must be in [1, 62]")

    @property
    def is_enabled(self) -> bool:
        """Tell whether there is a bonus."""
        return self.kind != "none"

    def coef_at(self, env_step: int) -> float:
        """Return what `coef` has become after so many environment steps."""
        return self.coef * (1.0 - self.decay) ** env_step
