"""What drives exploration: numbers that push an action now this way, now that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from rl_agent.types import FloatArray

NO_FEATURES: FloatArray = np.zeros(0, np.float32)


class Noise(ABC):
    """A process of mean 0 and standard deviation 1 at every step; components are independent.

    Processes differ in how long they push one way. Who uses them scales them: by a policy's own
    spread, or by a fixed one.
    """

    uses_features: ClassVar[bool] = False
    """Whether it depends on what the policy's last layer sees."""

    def __init__(self, dim: int, rng: np.random.Generator) -> None:
        """Make a process of `dim` components; the generator stays the caller's to keep."""
        self.dim = dim
        self.rng = rng

    @abstractmethod
    def sample(self, features: FloatArray = NO_FEATURES) -> FloatArray:
        """Return (dim,), the next step's; `features` (F,) matter only where `uses_features`."""

    def reset(self) -> None:
        """Begin an episode, which knows nothing of the one before."""
        self.set_state({})

    def get_state(self) -> dict[str, Any]:
        """Return the process's own memory, numbers and arrays; not the generator's."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on where `get_state` was taken; an empty state is that of a process just reset."""
        del state
