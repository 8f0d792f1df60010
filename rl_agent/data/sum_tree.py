"""Draws in proportion to values: leaves, and above them levels of sums up to the whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

FANOUT = 16
"""Children per sum. numpy handles a few wide levels faster than twenty levels of two."""

Indices = NDArray[np.intp]


class SumTree:
    """`capacity` values of at least 0, all 0 at first.

    Each sum is added up from its children alone, so the tree is a function of its leaves: how they
    came to be leaves no trace, and a tree that was saved and set again draws alike.
    """

    def __init__(self, capacity: int) -> None:
        num_sums = -(-capacity // FANOUT)
        self._levels: list[NDArray[Any]] = [np.zeros(num_sums * FANOUT, np.float32)]
        while num_sums > 1:
            padded = -(-num_sums // FANOUT) * FANOUT
            self._levels.append(np.zeros(padded))
            num_sums = padded // FANOUT
        self._levels.append(np.zeros(1))

    @property
    def total(self) -> float:
        """Sum of all values."""
        return float(self._levels[-1][0])

    @property
    def values(self) -> NDArray[np.float32]:
        """The leaves as a view: `capacity` of them, then padding."""
        return self._levels[0]

    def set(self, index: Indices, value: NDArray[np.float32] | float) -> None:
        """Set values (K,) at `index` (K,); of several at one place the last one counts."""
        self._levels[0][index] = value
        for below, above in pairwise(self._levels):
            index = index // FANOUT
            above[index] = self._running_sums(below, index)[:, -1]

    def find(self, mass: NDArray[np.float64]) -> Indices:
        """Return (K,) the leaves under the points `mass` (K,) of the line [0, total).

        Leaf i covers a stretch as long as its value; leaves of value 0 are never found, so there
        must be another one.
        """
        index = np.zeros(len(mass), np.intp)
        each = np.arange(len(mass))
        for level in reversed(self._levels[:-1]):
            sums = self._running_sums(level, index)
            # Rounding may put a point at the very end or behind it, where nothing is.
            mass = np.minimum(mass, np.nextafter(sums[:, -1], 0.0))
            child = (sums > mass[:, None]).argmax(axis=1)
            mass = mass - np.where(child > 0, sums[each, child - 1], 0.0)
            index = index * FANOUT + child
        return index

    @staticmethod
    def _running_sums(level: NDArray[Any], index: Indices) -> NDArray[np.float64]:
        """Return (K, FANOUT) of the children of the nodes `index` above `level`."""
        return level.reshape(-1, FANOUT)[index].cumsum(axis=1, dtype=np.float64)
