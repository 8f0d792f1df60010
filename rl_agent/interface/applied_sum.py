"""What the gate did about each proposal, summed over its ticks."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from rl_agent.types import SHARES, Array, Command, Reason

from .experience import AppliedPeriod

MAX_STAMPS = 8
"""Proposals under way; older ones are forgotten."""


class AppliedSum:
    """Joins applied commands with proposals on the stamp of the observation behind both."""

    def __init__(self) -> None:
        self._periods: OrderedDict[float, AppliedPeriod] = OrderedDict()

    def note(self, stamp_s: float, command: Command, reasons: int, shares: Array) -> None:
        """Take in one tick that follows the proposal made from the observation of `stamp_s`.

        Args:
            stamp_s: The observation's.
            command: What was commanded.
            reasons: `Reason` bits.
            shares: (3,) in the order of `SHARES` [rad/s or m/s].
        """
        known = self._periods.get(stamp_s)
        before = known.reasons if known else Reason.NONE
        summed = known.shares if known else np.zeros(len(SHARES), np.float32)
        self._periods[stamp_s] = AppliedPeriod(
            command=command,
            reasons=before | Reason(reasons),
            shares=(summed + shares).astype(np.float32),
        )
        while len(self._periods) > MAX_STAMPS:
            self._periods.popitem(last=False)

    def take(self, stamp_s: float) -> AppliedPeriod | None:
        """Return what became of a proposal, once; None where nothing did."""
        return self._periods.pop(stamp_s, None)

    def forget(self) -> None:
        """Drop all."""
        self._periods.clear()
