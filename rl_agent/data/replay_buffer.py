"""Experience at hand: a ring of transitions, drawn uniformly or by priority as n-step returns.

Each row holds the proposed action (the policy's) and the applied one (what the gate let through).
`critic_action` chooses which of them the critics learn: *applied* teaches what a motion is worth,
*proposed* what an order is worth, gate included. Rewards are always those of the applied action.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rl_agent.types import FloatArray, Transition

from .batch import Batch
from .layout import RowPacker, TransitionLayout
from .learned_action import CriticAction, learned_action
from .n_step import n_step_return
from .priorities import Priorities
from .quarantine import Quarantine, QuarantineConfig
from .relabel import Relabeller
from .row_memory import allocate_rows
from .sum_tree import Indices


class ReplayBuffer:
    """Holds the newest `capacity` rows that passed the quarantine."""

    mean_bonus = 0.0

    def __init__(
        self,
        layout: TransitionLayout,
        capacity: int,
        *,
        gamma: float,
        n_step: int = 1,
        critic_action: CriticAction = "applied",
        relabeller: Relabeller | None = None,
        quarantine: QuarantineConfig | None = None,
        priorities: Priorities | None = None,
        folder: Path | None = None,
    ) -> None:
        """Make an empty ring.

        Args:
            layout: Of its rows.
            capacity: Number of rows.
            gamma: Discount factor.
            n_step: Steps summed into a return.
            critic_action: Which action a batch holds; where a person was at the controls, theirs.
            relabeller: Exchanges goals; None for none.
            quarantine: Which rows are refused.
            priorities: For as many rows; None draws uniformly.
            folder: Where to keep the rows in a file; None for memory.

        Raises:
            OSError: The folder's disk has no room for them.
        """
        self.layout = layout
        self.capacity = capacity
        self.gamma = gamma
        self.n_step = n_step
        self.relabeller = relabeller
        self.quarantine = Quarantine(layout, quarantine or QuarantineConfig())
        self._critic_action = critic_action
        self.priorities = priorities
        self._rows = allocate_rows(layout, capacity, folder)
        self._is_end = np.zeros(capacity, dtype=np.bool_)
        self._size = 0
        self._head = 0
        self._packer = RowPacker(np.zeros(1, layout.row_dtype))

    def __len__(self) -> int:
        return self._size

    @property
    def num_quarantined(self) -> int:
        """Rows refused so far."""
        return self.quarantine.num_rejected

    def add(self, transition: Transition) -> None:
        """Store one transition, unless it is refused."""
        self.add_rows(self._packer.pack(transition))

    def add_rows(self, rows: np.ndarray) -> None:
        """Store rows (N,) in order, for example from a journal; the same as one at a time."""
        for start in range(0, len(rows), self.capacity):
            part = rows[start : start + self.capacity]
            self._store(part[self.quarantine.accept(part)])

    def clear(self) -> None:
        """Forget all rows."""
        self._size = self._head = 0
        self.quarantine.num_rejected = 0
        if self.priorities is not None:
            self.priorities.clear()

    def sample(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """Draw transitions, with replacement, and relabel some of them."""
        if self.priorities is None:
            return self._batch(rng.integers(0, self._size, batch_size), rng)
        place, weight = self.priorities.draw(batch_size, self._size, rng)
        return replace(self._batch(place, rng), weight=weight, index=place)

    def update_priorities(self, index: Indices, td_error: FloatArray) -> None:
        """Tell how wrong the critics were about rows (B,) drawn since the last one was added.

        A relabelled row's error, which is that of another goal, counts for the row as well.
        """
        if self.priorities is not None:
            self.priorities.update(index, td_error)

    def get_state(self) -> dict[str, Any] | None:
        """Return the priorities: all that adding the same rows again would not give back."""
        if self.priorities is None:
            return None
        priorities = self.priorities.get_state(self._size)
        return {"head": self._head, "size": self._size, "priorities": priorities}

    def set_state(self, state: dict[str, Any] | None) -> str:
        """Go on where `get_state` was taken, after the same rows were added.

        Returns:
            What differs since then, or "".
        """
        if self.priorities is None:
            return ""
        if state is None or (state["head"], state["size"]) != (self._head, self._size):
            return "the priorities are not of these rows: all rows count alike again"
        self.priorities.set_state(state["priorities"])
        return ""

    def _batch(self, start: Indices, rng: np.random.Generator) -> Batch:
        batch_size = len(start)
        window = (start[:, None] + np.arange(self.n_step)) % self.capacity
        # `take` copies whole rows; indexing would copy them field by field, ten times as slowly.
        rows = self._rows.take(window)  # (B, n)
        # The ring's newest row is followed by its oldest, which is another story.
        is_end = self._is_end[window] | (window == self._newest)
        reward, terminated = rows["reward"], rows["terminated"]
        chosen = np.zeros(0, dtype=np.intp)
        if self.relabeller is not None:
            chosen = self.relabeller.choose(batch_size, rng)
            goals = self._draw_goals(rows[chosen, 0], rng)
            reward[chosen], terminated[chosen] = self.relabeller.judge(rows[chosen], goals)
        returns = n_step_return(reward, terminated, is_end, self.gamma)
        obs = rows["obs"][:, 0]
        last_rows = rows.reshape(-1).take(np.arange(batch_size) * self.n_step + returns.last)
        next_obs = last_rows["next_obs"]
        if self.relabeller is not None:
            place, goal_obs = self.relabeller.goal_slice, self.relabeller.task.goal_obs
            context = rows["context"][chosen, 0].astype(np.float64)
            next_context = last_rows["next_context"][chosen].astype(np.float64)
            obs[chosen, place] = goal_obs(context, goals)
            next_obs[chosen, place] = goal_obs(next_context, goals)
        action = learned_action(rows[:, 0], self._critic_action)
        return Batch(obs, action, returns.reward, returns.discount, next_obs)

    @property
    def _newest(self) -> int:
        return (self._head - 1) % self.capacity

    def _draw_goals(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        assert self.relabeller is not None
        others = rng.integers(0, self._size, len(rows))
        stored = self._rows["goal"][others].astype(np.float64)
        return self.relabeller.draw_goals(rows["next_context"].astype(np.float64), stored, rng)

    def _store(self, rows: np.ndarray) -> None:
        if not len(rows):
            return
        if self._size:
            # Where one row does not begin as the last one ended (a refused row, a restart without
            # the environment's state), no return may run across the gap.
            newest = self._rows[self._newest]
            self._is_end[self._newest] |= not np.array_equal(newest["next_obs"], rows["obs"][0])
        is_end = rows["terminated"] | rows["truncated"]
        is_end[:-1] |= (rows["next_obs"][:-1] != rows["obs"][1:]).any(axis=1)
        place = (self._head + np.arange(len(rows))) % self.capacity
        self._rows[place] = rows
        self._is_end[place] = is_end
        if self.priorities is not None:
            self.priorities.add(place)
        self._head = (self._head + len(rows)) % self.capacity
        self._size = min(self._size + len(rows), self.capacity)
