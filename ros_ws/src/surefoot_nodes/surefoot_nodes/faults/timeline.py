"""What a witness saw on the wire, in the order of arrival. All times CLOCK_MONOTONIC. No ROS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rl_agent.types import Array


@dataclass(frozen=True)
class Joints:
    """One joint_states, or one proposal."""

    received_s: float
    stamp_ns: int
    position: Array
    velocity: Array


@dataclass(frozen=True)
class Applied:
    """One applied_command."""

    received_s: float
    stamp_ns: int
    tick: int
    state: str
    source: str
    reasons: int
    position: Array
    velocity: Array

    @property
    def is_braking(self) -> bool:
        """Whether the gate brakes, holds or has stopped."""
        return self.state != "ARMED"


@dataclass(frozen=True)
class State:
    """One safety_state."""

    received_s: float
    state: str
    cause: str


class Timeline:
    """Fills from a witness's lines; lists only grow, so that another thread may read them."""

    def __init__(self) -> None:
        self.joints: list[Joints] = []
        """joint_states, as the gate gets them."""
        self.truth: list[Joints] = []
        """joint_states_true, where a liar stands between."""
        self.applied: list[Applied] = []
        self.proposals: list[Joints] = []
        """Of the policy."""
        self.human: list[Joints] = []
        """Proposals of a person."""
        self.states: list[State] = []
        self.wire: list[float] = []
        """Arrivals on the controller's topic."""
        self.num_bad_on_wire = 0
        """Messages to the controller that held a number which is not finite."""

    def add(self, line: str) -> None:
        """Take one line of a witness."""
        kind, received_s, *rest = json.loads(line)
        if kind == "applied":
            *head, position, velocity = rest
            self.applied.append(Applied(received_s, *head, np.array(position), np.array(velocity)))
        elif kind == "state":
            self.states.append(State(received_s, *rest))
        elif kind == "wire":
            self.wire.append(received_s)
            self.num_bad_on_wire += not rest[0]
        else:
            self._joints_of(kind).append(_joints(received_s, rest))

    @property
    def robot(self) -> list[Joints]:
        """What the robot really did."""
        return self.truth or self.joints

    def forget(self, before_s: float) -> None:
        """Let go of what arrived before a time."""
        for series in (
            self.joints,
            self.truth,
            self.applied,
            self.proposals,
            self.human,
            self.wire,
        ):
            items: list[Any] = series  # type: ignore[assignment]
            keep = since(items, before_s)
            del items[: max(len(items) - len(keep), 0)]

    def _joints_of(self, kind: str) -> list[Joints]:
        series = {"joints": self.joints, "truth": self.truth, "human": self.human}
        return series.get(kind, self.proposals)


def _joints(received_s: float, rest: Sequence[Any]) -> Joints:
    stamp_ns, position, velocity = rest
    return Joints(received_s, stamp_ns, np.array(position), np.array(velocity))


def since(series: Sequence[Any], time_s: float, until_s: float = float("inf")) -> list[Any]:
    """Return what arrived from `time_s` to `until_s`; reads from the end, where it lies."""
    found = []
    for item in reversed(series[: len(series)]):
        received_s = item if isinstance(item, float) else item.received_s
        if received_s < time_s:
            break
        if received_s <= until_s:
            found.append(item)
    return found[::-1]
