"""Which proposals are considered at all: of the right size, finite, plausible, new and young."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from rl_agent.safety.measurement_intake import as_vector, is_plausible
from rl_agent.safety.mux import Mux
from rl_agent.safety.watchdog import ROUNDING_S, StampLog, Watchdog
from rl_agent.spec import RobotSpec
from rl_agent.types import Command, Proposal, Reason, Source

# The slowest policy acts once a second.
MAX_PERIOD_S = 2.0
# A sender whose proposals are malformed this often in a row is broken, not unlucky.
MAX_BAD_IN_A_ROW = 5


class ProposalIntake:
    """Takes proposals in; only those that it takes keep the watchdog quiet."""

    def __init__(self, spec: RobotSpec) -> None:
        self._num_commands = len(spec.command_joints)
        self._timeout_s = spec.proposal_timeout_s
        self._max_age_s = spec.proposal_timeout_s + spec.observation_timeout_s
        self._bad_in_a_row: dict[Source, int] = {}
        self.watchdog = Watchdog(spec.proposal_timeout_s, spec.watchdog.silence_ms / 1e3)
        self.mux = Mux(spec.proposal_timeout_s)

    def take(self, proposal: Proposal, now_s: float, tick: int, stamps: StampLog) -> Reason:
        """Take a proposal in; return NONE, or why it is refused.

        Args:
            proposal: From a policy, a planner or a human.
            now_s: Steady clock [s].
            tick: The gate's tick count.
            stamps: When which observation was received.
        """
        examined = examine(proposal, self._num_commands)
        if isinstance(examined, Reason):
            count = self._bad_in_a_row.get(proposal.source, 0) + 1
            self._bad_in_a_row[proposal.source] = count
            return examined
        # Nothing arrives in the future: such a proposal would be followed for too long.
        examined = replace(examined, received_s=min(examined.received_s, now_s))
        if self._is_old(examined, now_s, stamps):
            return Reason.STALE_PROPOSAL
        self._bad_in_a_row[proposal.source] = 0
        self.mux.accept(examined, tick)
        self.watchdog.feed(examined.received_s)
        return Reason.NONE

    def is_broken(self, source: Source) -> bool:
        """Tell whether a source has sent nothing but malformed proposals lately."""
        return self._bad_in_a_row.get(source, 0) >= MAX_BAD_IN_A_ROW

    def clear(self) -> None:
        """Drop all proposals, so that only those that arrive from now on are followed."""
        self.mux.clear()
        self.watchdog.clear()
        self._bad_in_a_row.clear()

    def _is_old(self, proposal: Proposal, now_s: float, stamps: StampLog) -> bool:
        if proposal.stamp_s <= self.mux.last_stamp_s(proposal.source):
            return True
        if now_s - proposal.received_s > self._timeout_s + ROUNDING_S:
            return True
        # A stamp far ahead of all measurements would shut out every later proposal.
        if proposal.stamp_s > stamps.newest_stamp_s + self._max_age_s:
            return True
        observed_s = stamps.received_s(proposal.stamp_s)
        return now_s - observed_s > self._max_age_s + ROUNDING_S

    def get_state(self) -> dict[str, Any]:
        """Return everything that later judgements depend on."""
        return {
            "received_s": self.watchdog.received_s if self.watchdog.is_fed else None,
            "bad_in_a_row": {source.value: n for source, n in self._bad_in_a_row.items()},
            "mux": self.mux.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self.watchdog.clear()
        if state["received_s"] is not None:
            self.watchdog.feed(float(state["received_s"]))
        counts = state["bad_in_a_row"].items()
        self._bad_in_a_row = {Source(source): int(count) for source, count in counts}
        self.mux.set_state(state["mux"])


def examine(proposal: Proposal, num_commands: int) -> Proposal | Reason:
    """Return a copy of a proposal that may be considered, or why it may not."""
    position = as_vector(proposal.command.position, num_commands)
    velocity = as_vector(proposal.command.velocity, num_commands)
    if position is None or velocity is None:
        return Reason.BAD_PROPOSAL
    times = (proposal.stamp_s, proposal.received_s, proposal.period_s)
    is_usable = is_plausible(position) and is_plausible(velocity)
    if not (is_usable and all(math.isfinite(value) for value in times)):
        is_finite = math.isfinite(sum(times)) and np.isfinite([position, velocity]).all()
        return Reason.BAD_PROPOSAL if is_finite else Reason.NON_FINITE
    if not 0.0 < proposal.period_s <= MAX_PERIOD_S:
        return Reason.BAD_PROPOSAL
    return Proposal(
        source=proposal.source,
        command=Command(position=position, velocity=velocity),
        stamp_s=float(proposal.stamp_s),
        received_s=float(proposal.received_s),
        period_s=float(proposal.period_s),
    )
