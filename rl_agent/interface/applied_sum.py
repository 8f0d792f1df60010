"""What the gate did about each proposal, summed over its ticks."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from rl_agent.types import Array, Command, Reason

from .experience import AppliedPeriod

MAX_STAMPS = 8
"""Proposals under way; older ones are forgotten."""


class AppliedSum:
    """Joins applied commands with proposals on the stamp of the observation behind both."""

    def __init__(self) -> None:
        self._periods: OrderedDict[float, AppliedPeriod] = OrderedDict()
        self._other_ticks: AppliedPeriod | None = None
        """Since `take`: those that followed nothing of the policy's, yet say what came of it."""
        self._ends_otherwise = False
        self._num_strange = 0
        self._is_known = False
        """Whether the proposal followed last was the policy's, or a person's."""

    def note(self, stamp_s: float, command: Command, reasons: int, shares: Array) -> None:
        """Take in one tick that follows the proposal made from the observation of `stamp_s`.

        Args:
            stamp_s: The observation's.
            command: What was commanded.
            reasons: `Reason` bits.
            shares: (3,) in the order of `SHARES` [rad/s or m/s].
        """
        tick = AppliedPeriod(
            command=command, reasons=Reason(reasons), shares=np.asarray(shares, np.float32)
        )
        self._periods[stamp_s] = _joined(self._periods.get(stamp_s), tick)
        self._is_known, self._ends_otherwise = True, False
        while len(self._periods) > MAX_STAMPS:
            self._periods.popitem(last=False)

    def note_braking(self, command: Command, reasons: int, shares: Array) -> None:
        """Take in one tick in which the gate, armed, saw no other way than to brake."""
        if self._is_known:
            self._note_otherwise(command, reasons, shares)
        else:
            self._num_strange += 1

    def note_human(self, command: Command, reasons: int, shares: Array) -> None:
        """Take in one tick that followed a person, whose action it is that was applied then."""
        self._is_known = True
        self._note_otherwise(command, reasons | Reason.HUMAN, shares)

    def note_others(self) -> None:
        """Take in one tick that followed somebody else, or in which the gate held the robot."""
        self._num_strange += 1
        self._is_known = False

    def take(self, stamp_s: float | None) -> AppliedPeriod | None:
        """Return what became of a proposal, once, and begin the next period.

        Returns:
            None where nothing did, or where others had a hand in it since the last time.
        """
        period = self._periods.pop(stamp_s, None) if stamp_s is not None else None
        if self._other_ticks is not None and (period is None or self._ends_otherwise):
            period = _joined(period, self._other_ticks)
        elif self._other_ticks is not None and period is not None:
            period = _joined(self._other_ticks, period)
        is_mixed = self._num_strange > 0
        self._other_ticks, self._num_strange = None, 0
        return None if is_mixed else period

    def forget(self) -> None:
        """Drop all."""
        self._periods.clear()
        self._other_ticks, self._num_strange = None, 0

    def _note_otherwise(self, command: Command, reasons: int, shares: Array) -> None:
        tick = AppliedPeriod(
            command=command, reasons=Reason(reasons), shares=np.asarray(shares, np.float32)
        )
        self._other_ticks, self._ends_otherwise = _joined(self._other_ticks, tick), True


def _joined(before: AppliedPeriod | None, after: AppliedPeriod) -> AppliedPeriod:
    if before is None:
        return after
    return AppliedPeriod(
        command=after.command,
        reasons=before.reasons | after.reasons,
        shares=before.shares + after.shares,
    )
