"""What robot and learner must have in common: how rows are laid out, and the policy's contract."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rl_agent.data.layout import TransitionLayout
from rl_agent.deploy.contract import Contract, contract_hash, contract_problems
from rl_agent.exceptions import ProtocolError, RefusedError

from .handshake import Hello

MOST_TOLD = 2
"""Differences in one message: it must fit into a terminal's line or two."""
REMEDY = "give `surefoot learn` this robot's --env and --set, and both machines one profile"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A learner's, to be compared with each robot that comes."""

    layout: TransitionLayout
    contract: Contract

    def insist_on_layout(self, hello: Hello) -> None:
        """Refuse rows that could not be learned from.

        Raises:
            RefusedError: They are laid out in another way; says both.
        """
        if hello.layout != self.layout:
            found = f"expected {self.layout}, the robot has {hello.layout}"
            raise RefusedError(f"its rows do not fit: {found}; {REMEDY}")

    def hold_for(self, hello: Hello) -> bool:
        """Tell whether a robot is under the same contract."""
        return hello.contract == contract_hash(self.contract)

    def to_bytes(self) -> bytes:
        """Return the contract as it is shown to a robot that has another."""
        return json.dumps(self.contract).encode()


def refusal(own: Contract | None, learners: bytes) -> RefusedError:
    """Return why a robot does not work with a learner that showed its contract.

    Raises:
        ProtocolError: What it showed is none.
    """
    if own is None:
        return RefusedError("the learner asks for a contract, and this robot was given none")
    try:
        problems = contract_problems(own, json.loads(learners))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError("expected a contract, found damaged data") from error
    told = "; ".join(f"{each.path}: {each.message}" for each in problems[:MOST_TOLD])
    more = f" (and {len(problems) - MOST_TOLD} more)" if len(problems) > MOST_TOLD else ""
    # In front, because what is sent may be cut short.
    return RefusedError(f"robot and learner differ: {REMEDY}; {told}{more}")
