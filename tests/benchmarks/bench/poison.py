"""Proposals with one number that no honest sender would send, and proposals of a wrong size."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, product

import numpy as np

from rl_agent.types import Array, Command, Proposal

from .adversary import BAD_NUMBERS

TIMES = ("stamp_s", "received_s", "period_s")


class Poison:
    """Spoils proposals, one place after the other."""

    def __init__(self, num_commands: int) -> None:
        places = [(part, i) for part in ("position", "velocity") for i in range(num_commands)]
        self._numbers = tuple(product(BAD_NUMBERS, [*places, *((name, 0) for name in TIMES)]))
        self._next = cycle(self._numbers)
        self._sizes = cycle((num_commands + 1, max(num_commands - 1, 0), 0))
        self.num_numbers = 0
        self.num_sizes = 0

    @property
    def num_kinds(self) -> int:
        """Every number at every place."""
        return len(self._numbers)

    def number(self, proposal: Proposal) -> Proposal:
        """Return the proposal with the next bad number at the next place."""
        value, (part, index) = next(self._next)
        self.num_numbers += 1
        if part in TIMES:
            return replace(proposal, **{part: value})
        vectors = {"position": proposal.command.position, "velocity": proposal.command.velocity}
        vectors[part] = _spoiled(vectors[part], index, value)
        return replace(proposal, command=Command(**vectors))

    def size(self, proposal: Proposal) -> Proposal:
        """Return the proposal with too many or too few joints."""
        self.num_sizes += 1
        size = next(self._sizes)
        return replace(proposal, command=Command(np.zeros(size), np.zeros(size)))


def _spoiled(values: Array, index: int, value: float) -> Array:
    spoiled = values.copy()
    spoiled[index] = value
    return spoiled
