"""Does the policy lean on the limits? Counted over the last seconds in which it was followed."""

from __future__ import annotations

from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import Reason

LEANING_SHARE = 0.05
"""Of the ticks changed by a limit: above, whoever proposes relies on the gate."""
WINDOW_S = 10.0
LIMITS = int(
    Reason.POSITION
    | Reason.VELOCITY
    | Reason.ACCELERATION
    | Reason.JERK
    | Reason.EFFORT
    | Reason.WORKSPACE
    | Reason.BARRIER
    | Reason.PREDICTION
    | Reason.SELF_DISTANCE
    | Reason.POWER
)
OWN_WISHES = int(Reason.START_RAMP | Reason.SPEED_SCALE)
"""Slowing that the gate or its operator wants: no leaning, as little as holding and stopping."""


@overload
def is_limited(reasons: int) -> bool: ...
@overload
def is_limited(reasons: NDArray[np.integer[Any]]) -> NDArray[np.bool_]: ...
def is_limited(reasons: int | NDArray[np.integer[Any]]) -> bool | NDArray[np.bool_]:
    """Tell where a limit changed the command: what "the gate changed a step" means everywhere.

    A person's steps, a speed setting, the start ramp, holding and stopping are no such changes.

    Args:
        reasons: `Reason` bits of one tick or step, or (N,) of several.
    """
    return (reasons & LIMITS) != 0


class Dominant(NamedTuple):
    """The reason that was given most often."""

    reason: Reason
    ticks: int
    change: float
    """Mean over its ticks of what was changed for whatever reason [rad/s or m/s, all joints]."""


class LeaningWindow:
    """The last armed ticks, by count: which limits changed the command, and how far."""

    def __init__(self, num_ticks: int) -> None:
        """Start empty; `num_ticks` are remembered."""
        self._masks = [0] * num_ticks
        self._changes = [0.0] * num_ticks
        self._place = 0
        self._num_filled = 0
        self._num_leaning = 0

    @property
    def fraction(self) -> float:
        """Share of the remembered ticks that a limit changed, 0 to 1."""
        return self._num_leaning / max(self._num_filled, 1)

    @property
    def is_leaning(self) -> bool:
        """Whether that is too much; not said before half of them are there: a start says little."""
        return 2 * self._num_filled >= len(self._masks) and self.fraction > LEANING_SHARE

    def add(self, mask: int, change: float) -> None:
        """Note one armed tick: `Reason` bits of limits, and the summed change [rad/s or m/s]."""
        place = self._place
        if self._num_filled < len(self._masks):
            self._num_filled += 1
        self._num_leaning += (mask != 0) - (self._masks[place] != 0)
        self._masks[place] = mask
        self._changes[place] = change
        self._place = place + 1 if place + 1 < len(self._masks) else 0

    def dominant(self) -> Dominant | None:
        """Return the most frequent reason; None where no limit changed anything."""
        masks, changes = np.array(self._masks, np.int64), np.array(self._changes)
        best = None
        for reason in Reason:
            given = (masks & int(reason)) != 0
            ticks = int(given.sum())
            if ticks and (best is None or ticks > best.ticks):
                best = Dominant(reason, ticks, float(changes[given].mean()))
        return best

    def get_state(self) -> dict[str, Any]:
        """Return the window."""
        return {
            "masks": np.array(self._masks, np.int64),
            "changes": np.array(self._changes),
            "place": self._place,
            "num_filled": self._num_filled,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called; with a window of another length, start anew."""
        if len(state["masks"]) != len(self._masks):
            return
        self._masks = [int(mask) for mask in state["masks"]]
        self._changes = [float(change) for change in state["changes"]]
        self._place = int(state["place"])
        self._num_filled = int(state["num_filled"])
        self._num_leaning = sum(mask != 0 for mask in self._masks)
