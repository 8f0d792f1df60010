"""Who is followed: the first of human, mpc, policy whose newest proposal is fresh enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from rl_agent.safety.watchdog import ROUNDING_S
from rl_agent.types import Command, Proposal, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """A proposal that was accepted."""

    proposal: Proposal
    tick: int
    """The gate's tick count when it arrived."""


class Mux:
    """The newest accepted proposal of every source; older ones are gone."""

    def __init__(self, timeout_s: float) -> None:
        """Set the age after which a proposal is not followed any more [s]."""
        self._timeout_s = timeout_s
        self._entries: dict[Source, Entry] = {}
        self._stamps_s: dict[Source, float] = {}

    def last_stamp_s(self, source: Source) -> float:
        """Return the stamp of the source's last accepted proposal [s]; -inf without one."""
        return self._stamps_s.get(source, -math.inf)

    def newest(self, source: Source) -> Entry | None:
        """Return the source's last accepted proposal, however old."""
        return self._entries.get(source)

    def accept(self, proposal: Proposal, tick: int) -> None:
        """Take a proposal in place of the source's earlier one."""
        self._entries[proposal.source] = Entry(proposal, tick)
        self._stamps_s[proposal.source] = proposal.stamp_s

    def select(self, now_s: float) -> Entry | None:
        """Return the proposal to follow; None when every source is stale."""
        oldest_s = now_s - self._timeout_s - ROUNDING_S
        for source in Source:
            entry = self._entries.get(source)
            if entry is not None and entry.proposal.received_s >= oldest_s:
                return entry
        return None

    def clear(self, *, stamps: bool = False) -> None:
        """Drop all proposals; with `stamps` also which stamps were seen, as they count anew."""
        self._entries.clear()
        if stamps:
            self._stamps_s.clear()

    def get_state(self) -> dict[str, Any]:
        """Return the proposals and the stamps seen."""
        return {
            "entries": [_entry_state(entry) for entry in self._entries.values()],
            "stamps_s": {source.value: stamp for source, stamp in self._stamps_s.items()},
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        entries = [_to_entry(values) for values in state["entries"]]
        self._entries = {entry.proposal.source: entry for entry in entries}
        stamps = state["stamps_s"].items()
        self._stamps_s = {Source(source): float(stamp) for source, stamp in stamps}


def _entry_state(entry: Entry) -> dict[str, Any]:
    proposal = entry.proposal
    return {
        "tick": entry.tick,
        "source": proposal.source.value,
        "position": proposal.command.position.copy(),
        "velocity": proposal.command.velocity.copy(),
        "stamp_s": proposal.stamp_s,
        "received_s": proposal.received_s,
        "period_s": proposal.period_s,
    }


def _to_entry(values: dict[str, Any]) -> Entry:
    command = Command(
        position=np.array(values["position"], dtype=np.float64),
        velocity=np.array(values["velocity"], dtype=np.float64),
    )
    proposal = Proposal(
        source=Source(values["source"]),
        command=command,
        stamp_s=float(values["stamp_s"]),
        received_s=float(values["received_s"]),
        period_s=float(values["period_s"]),
    )
    return Entry(proposal, int(values["tick"]))
