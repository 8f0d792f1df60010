"""Lock-step as rounds: who waits for whom, and what each takes in before it does its part. Pure.

Round k is the twin's state k, T = 1 / gate_hz after the one before. The twin states; where it is
the policy's turn, a goal is drawn if it is due, and the policy proposes; the gate ticks; only then
comes round k + 1. Whoever has done its part answers, and says how many messages it has sent so far
on each topic: so the others know when all are there, however the middleware delivered them, and
take in the same messages in the same order in every run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .cadence import Cadence

TOPIC = "lockstep"
MAX_BYTES = 10_000
OPERATOR = "an operator"
"""Who arms; for him everybody waits as long as he likes."""


@dataclass(frozen=True)
class Hears:
    """From whom a node takes in what, and of which round."""

    sender: str
    topics: tuple[str, ...]
    """The ends of their names, in the order in which they are taken in."""
    lag: int = 0
    """So many rounds ago."""


PARTS: dict[str, tuple[Hears, ...]] = {
    "twin_node": (Hears("safety_node", ("/stop_mode", "/joint_trajectory", "/commands"), lag=1),),
    "goal_node": (Hears("twin_node", ("/joint_states",)),),
    "policy_node": (
        Hears("safety_node", ("/safety_state", "/applied_command"), lag=1),
        Hears("goal_node", ("/goal",)),
        # The joints last: on their arrival the policy acts.
        Hears("twin_node", ("/imu", "/odom", "/joint_states")),
    ),
    "safety_node": (
        Hears("twin_node", ("/imu", "/joint_states")),
        Hears("policy_node", ("/command_raw/policy",)),
    ),
}
AT_POLICY_RATE = ("goal_node", "policy_node")
"""They have a part only in the rounds in which the policy acts."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a node says on `lockstep/NAME`: once per round, and while it waits for long."""

    node: str
    round: int
    """The last in which it did its part."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """Messages by full topic name, since its start."""
    waits_for: str = ""
    """Whom the next round waits for, if it waits for long; then nothing new was done."""

    def to_json(self) -> str:
        """Return one line."""
        values = {"node": self.node, "round": self.round, "sent": dict(self.sent)}
        return json.dumps({**values, "waits_for": self.waits_for})


def read_answer(text: str) -> Answer | None:
    """Return the answer in a message; None if it is none."""
    try:
        values: Any = json.loads(text[:MAX_BYTES])
        sent = {str(topic): int(count) for topic, count in values["sent"].items()}
        number, waits_for = int(values["round"]), str(values["waits_for"])
        return Answer(node=str(values["node"]), round=number, sent=sent, waits_for=waits_for)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class _Held(NamedTuple):
    number: int
    deliver: Callable[[], None]


class Rounds:
    """One node's view: collects what arrives in any order, and hands it out round by round."""

    def __init__(
        self, name: str, participants: Sequence[str], policy_period_s: float, period_s: float
    ) -> None:
        """Begin before the first round; `participants` are the names of all, ours included."""
        self._name = name
        self._hears = tuple(h for h in PARTS[name] if h.sender in participants)
        self.senders = tuple(hears.sender for hears in self._hears)
        """Whose answers are awaited, in turn."""
        self.num_listeners = sum(
            hears.sender == name for other in participants for hears in PARTS[other]
        )
        """So many await ours."""
        self._period_s = period_s
        self._cadence = Cadence(policy_period_s, period_s)
        self._num_known = 0
        self._policy_rounds: set[int] = set()
        self._answers: dict[tuple[str, int], Answer] = {}
        self._waits_for: dict[str, str] = {}
        self._held: dict[str, list[_Held]] = {}
        self._newest: dict[str, int] = {}
        self.number = 1
        """The round that is awaited."""

    def subscribe(self, topic: str) -> bool:
        """Note that we listen to a topic, by its full name; tell whether to `put` what comes."""
        is_held = any(topic.endswith(end) for hears in self._hears for end in hears.topics)
        if is_held:
            self._held[topic], self._newest[topic] = [], 0
        return is_held

    def put(self, topic: str, number: int, deliver: Callable[[], None]) -> None:
        """Hold a message back: the `number`-th that its sender sent on the topic."""
        self._held[topic].append(_Held(number, deliver))
        self._newest[topic] = max(self._newest[topic], number)

    def hear(self, answer: Answer) -> None:
        """Take in what a node says of itself."""
        self._waits_for[answer.node] = answer.waits_for
        if not answer.waits_for and answer.node in self.senders:
            self._answers[answer.node, answer.round] = answer

    @property
    def time_s(self) -> float:
        """When the awaited round is, since the twin began [s]."""
        return self.number * self._period_s

    @property
    def is_ours(self) -> bool:
        """Whether we have a part in the awaited round, beyond taking in what others did."""
        return self._has_part(self._name, self.number)

    def missing(self) -> str:
        """Return whom the awaited round still needs; empty once all is there."""
        return next((h.sender for h in self._hears if not self._is_there(h)), "")

    def is_waiting(self, sender: str) -> bool:
        """Tell whether a node has said that it waits for somebody itself."""
        return bool(self._waits_for.get(sender))

    def take(self) -> Iterator[tuple[float, list[Callable[[], None]]]]:
        """Yield what the awaited round takes in, a sender at a time, and of what time it is [s]."""
        for hears in self._hears:
            number = self.number - hears.lag
            answer = self._answers.pop((hears.sender, number), None)
            if answer is not None:
                yield number * self._period_s, self._release(hears, answer)

    def advance(self) -> None:
        """Await the next round."""
        self._policy_rounds.discard(self.number - 1)
        self.number += 1

    def _is_there(self, hears: Hears) -> bool:
        number = self.number - hears.lag
        if number < 1 or not self._has_part(hears.sender, number):
            return True
        answer = self._answers.get((hears.sender, number))
        return answer is not None and all(
            self._newest[topic] >= count for topic, count in self._told(hears, answer)
        )

    def _told(self, hears: Hears, answer: Answer) -> list[tuple[str, int]]:
        """Return of which topics that we listen to how many messages were sent."""
        return [
            (topic, count)
            for end in hears.topics
            for topic, count in answer.sent.items()
            if topic.endswith(end) and topic in self._held
        ]

    def _release(self, hears: Hears, answer: Answer) -> list[Callable[[], None]]:
        released = []
        for topic, count in self._told(hears, answer):
            held = sorted(self._held[topic], key=lambda message: message.number)
            released += [message.deliver for message in held if message.number <= count]
            self._held[topic] = [message for message in held if message.number > count]
        return released

    def _has_part(self, name: str, number: int) -> bool:
        while self._num_known < number:
            self._num_known += 1
            if self._cadence.is_due(self._num_known * self._period_s):
                self._policy_rounds.add(self._num_known)
        return name not in AT_POLICY_RATE or number in self._policy_rounds
