"""Between two episodes a person puts things in order, and says when to go on."""

from __future__ import annotations

import numpy as np

from rl_agent.types import Array, FloatArray, Measurement


class HumanReset:
    """An `EpisodeReset`: the robot rests until `go`."""

    holds_goals = True

    def __init__(self, act_dim: int) -> None:
        """Rest with an action of nothing (act_dim,)."""
        self._rest = np.zeros(act_dim, dtype=np.float32)
        self._is_waiting = False

    def begin(self, goal: Array | None) -> None:
        """Wait from now on."""
        del goal
        self._is_waiting = True

    def act(self, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Rest, or let the episode begin."""
        del measurement, goal
        return self._rest.copy() if self._is_waiting else None

    def go(self) -> bool:
        """Let the next episode begin; tell whether anybody waited for that."""
        was_waiting, self._is_waiting = self._is_waiting, False
        return was_waiting
