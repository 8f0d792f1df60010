"""Hindsight: the same motion, judged by another goal (Andrychowicz et al. 2017).

How a robot moves does not depend on what was asked, so a step is true experience for every goal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from rl_agent.types import Array


class GoalTask(Protocol):
    """What of a task relabelling uses; all functions are vectorised over leading axes."""

    def goal_obs(self, context: Array, goal: Array) -> Array:
        """Return the observation's goal part."""
        ...

    def reward(
        self,
        context: Array,
        next_context: Array,
        action: Array,
        previous_action: Array,
        goal: Array,
    ) -> Array:
        """Return the reward."""
        ...

    def terminated(self, context: Array, goal: Array) -> NDArray[np.bool_]:
        """Tell whether the policy ended the episode."""
        ...


@dataclass(frozen=True, kw_only=True)
class RelabelConfig:
    """How much of a batch is relabelled, and with what."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    fraction: float = 0.0
    """Of each batch's rows."""
    others_share: float = 0.5
    """Of the relabelled rows: those that get another stored row's goal; the rest asks the task."""

    def __post_init__(self) -> None:
        for name in ("fraction", "others_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must be in [0, 1]")


class Relabeller:
    """Draws other goals and recomputes what depends on them."""

    def __init__(self, task: GoalTask, goal_slice: slice, config: RelabelConfig) -> None:
        """Relabel for `task`, whose part of an observation is `obs[goal_slice]`."""
        self.task = task
        self.goal_slice = goal_slice
        self.config = config
        self._draw = getattr(task, "sample_relabel_goals", None)

    def choose(self, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return the indices of the rows, out of `size`, that get another goal."""
        return np.flatnonzero(rng.random(size) < self.config.fraction)

    def draw_goals(
        self,
        next_context: Array,  # (M, context_dim)
        stored_goals: Array,  # (M, goal_dim) of rows drawn at random
        rng: np.random.Generator,
    ) -> Array:
        """Return (M, goal_dim)."""
        if self._draw is None:
            return stored_goals
        is_other = rng.random(len(stored_goals)) < self.config.others_share
        goals = stored_goals.copy()
        goals[~is_other] = self._draw(rng, next_context[~is_other])
        return goals

    def judge(
        self,
        rows: np.ndarray,  # (M, n) structured
        goals: Array,  # (M, goal_dim)
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Return reward (M, n) and terminated (M, n) as the goals (M, goal_dim) make them."""
        goal = goals[:, None, :]
        context, next_context = _double(rows["context"]), _double(rows["next_context"])
        action, previous = _double(rows["applied_action"]), _double(rows["previous_action"])
        reward = self.task.reward(context, next_context, action, previous, goal)
        terminated = self.task.terminated(next_context, goal)
        if rows["terminated"].any():
            # An end that the old goal does not explain (a fall, a barrier) holds for any goal.
            by_goal = self.task.terminated(next_context, _double(rows["goal"]))
            terminated = terminated | (rows["terminated"] & ~by_goal)
        return reward, terminated


def _double(values: np.ndarray) -> Array:
    return values.astype(np.float64)
