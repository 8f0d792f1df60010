"""Own experience and demonstrations in every batch.

(RLPD: Ball et al., "Efficient Online Reinforcement Learning with Offline Data", 2023,
arXiv:2302.02948, section 4.1.)
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl_agent.types import FloatArray, Transition

from .batch import Batch
from .replay import Replay
from .replay_buffer import ReplayBuffer
from .sum_tree import Indices


class MixedReplay:
    """A `Replay` that takes a fixed share of each batch from a second buffer, drawn uniformly."""

    mean_bonus = 0.0

    def __init__(
        self, own: Replay, demonstrations: ReplayBuffer, *, share: float, digest: str
    ) -> None:
        """Mix two buffers.

        Args:
            own: Where new experience goes.
            demonstrations: At least one row; never changed.
            share: Of the demonstrations in a batch, between 0 and 1.
            digest: Tells these demonstrations from others.
        """
        self.own, self.demonstrations = own, demonstrations
        self.share, self.digest = share, digest

    def __len__(self) -> int:
        return len(self.own)

    @property
    def num_quarantined(self) -> int:
        """Own rows refused so far."""
        return self.own.num_quarantined

    def add(self, transition: Transition) -> None:
        """Store one transition, unless it is refused."""
        self.own.add(transition)

    def add_rows(self, rows: np.ndarray) -> None:
        """Store rows (N,) of own experience."""
        self.own.add_rows(rows)

    def clear(self) -> None:
        """Forget own experience."""
        self.own.clear()

    def sample(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """Draw from both, evenly interleaved: n rows in a row hold n * share, give or take one."""
        is_shown = np.diff(np.floor(np.arange(batch_size + 1) * self.share)) > 0.0
        num_shown = int(is_shown.sum())
        own = self.own.sample(batch_size - num_shown, rng)
        shown = self.demonstrations.sample(num_shown, rng)
        if own.weight is not None and own.index is not None:
            shown = _weighed(shown, num_shown)
        mixed: dict[str, Any] = {
            item.name: _merge(is_shown, getattr(own, item.name), getattr(shown, item.name))
            for item in fields(Batch)
        }
        return Batch(**mixed)

    def update_priorities(self, index: Indices, td_error: FloatArray) -> None:
        """Pass on what concerns own rows."""
        is_own = index >= 0
        self.own.update_priorities(index[is_own], td_error[is_own])

    def get_state(self) -> dict[str, Any]:
        """Return the state of own experience, and which demonstrations these are."""
        return {"own": self.own.get_state(), "demonstrations": self.digest}

    def set_state(self, state: dict[str, Any] | None) -> str:
        """Go on where `get_state` was taken; return what differs since then, or ""."""
        if state is None:
            return "there were no demonstrations before"
        difference = self.own.set_state(state["own"])
        if state["demonstrations"] != self.digest:
            return "the demonstrations are others than before"
        return difference


def _weighed(batch: Batch, size: int) -> Batch:
    """Return uniformly drawn rows with full weight and no place among priorities."""
    rows = batch.obs, batch.action, batch.reward, batch.discount, batch.next_obs
    return Batch(*rows, np.ones(size, np.float32), np.full(size, -1))


def _merge(
    is_shown: NDArray[np.bool_], own: NDArray[Any] | None, shown: NDArray[Any] | None
) -> NDArray[Any] | None:
    if own is None or shown is None:
        return None
    merged = np.empty((len(is_shown), *own.shape[1:]), own.dtype)
    merged[~is_shown], merged[is_shown] = own, shown
    return merged
