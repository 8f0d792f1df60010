"""Follows proposals: interpolates towards the newest one and keeps within the limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rl_agent.safety.interpolator import Interpolator
from rl_agent.safety.mux import Entry, Mux
from rl_agent.safety.safety_filter import SafetyFilter
from rl_agent.safety.speed_scale import SpeedScale
from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Proposal, Reason, Source, Verdict


class Follower:
    """Remembers whose proposal is followed and how far along its segment."""

    def __init__(self, spec: RobotSpec, safety_filter: SafetyFilter) -> None:
        self._dt = spec.gate_period_s
        self._filter = safety_filter
        self._path = Interpolator(spec, self._dt)
        self.speed = SpeedScale(spec)
        self._entry: Entry | None = None

    def restart(self) -> None:
        """Begin anew with arming."""
        self.leave()
        self.speed.restart()

    def leave(self) -> None:
        """Note that the robot left the reference: it brakes, or was stalled."""
        self._path.forget()
        self._entry = None

    def shift(self, position: Array) -> None:
        """Go on from a measured position (num_commands,) [rad or m]."""
        self._path.shift(position - self._filter.position)
        self._filter.anchor(position)

    def step(self, entry: Entry, tick: int) -> Verdict:
        """Move one tick towards a proposal's end point."""
        if entry is not self._entry:
            # One that arrived some ticks ago (before a hold, or while another source was followed)
            # has less time left.
            left_s = entry.proposal.period_s - (tick - 1 - entry.tick) * self._dt
            left_s -= self._late_s(entry.proposal)
            self._path.start(self._filter.applied, entry.proposal.command, left_s)
            self._entry = entry
        desired = self._path.advance()
        scale = self.speed.advance()
        verdict = self._filter.step(desired, speed_scale=scale, outlook=self._path.outlook)
        if verdict.reasons & Reason.START_RAMP:
            return renamed(verdict, Reason.START_RAMP, self.speed.reason)
        return verdict

    def _late_s(self, proposal: Proposal) -> float:
        """Return how long the robot went on past an end point because this one came late [s].

        By the stamps a period after the one before, it means its end point for a period after that
        one's; given a whole period, the robot would slow down and have to catch up. Half a period
        is left in any case: what is later was not late, but missed.
        """
        if self._entry is None or self._entry.proposal.source is not proposal.source:
            return 0.0
        before = self._entry.proposal
        skipped_s = proposal.stamp_s - before.stamp_s - proposal.period_s
        late_s = self._path.overrun_s - max(skipped_s, 0.0)
        return min(max(late_s, 0.0), 0.5 * proposal.period_s)

    def get_state(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        entry = self._entry
        return {
            "path": self._path.get_state(),
            "speed": self.speed.get_state(),
            "following": entry and [entry.proposal.source.value, entry.proposal.stamp_s],
        }

    def set_state(self, state: dict[str, Any], mux: Mux) -> None:
        """Continue where `get_state` was called, with the proposals of `mux`."""
        self._path.set_state(state["path"])
        self.speed.set_state(state["speed"])
        self._entry = None
        if state["following"] is not None:
            source, stamp_s = state["following"]
            entry = mux.newest(Source(source))
            # A newer proposal may have come in since the last tick: then a segment starts anyway.
            if entry is not None and entry.proposal.stamp_s == stamp_s:
                self._entry = entry


def renamed(verdict: Verdict, old: Reason, new: Reason) -> Verdict:
    """Return a verdict that names another reason for the same change."""
    shares = {new if reason is old else reason: x for reason, x in verdict.shares.items()}
    return replace(verdict, reasons=verdict.reasons & ~old | new, shares=shares)
