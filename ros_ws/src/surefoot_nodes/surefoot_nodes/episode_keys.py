"""Keys by which a person takes part in the episodes of a robot that learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from queue import SimpleQueue

from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from rl_agent.judging.judge import HUMAN

from .bringup import Bringup

GO, SUCCESS, FAILURE = "g", "y", "n"
"""Not s, which stops the robot."""
ANSWER_S = 1.0


class EpisodeKeys:
    """An `Onlooker`: what is pressed becomes a call of a service of the policy node's."""

    def __init__(self, say: Callable[[str], None], *, reset: str, judge: str) -> None:
        """Offer the keys that mean something; answers are told through `say`."""
        self._say = say
        self._bringup: Bringup | None = None
        # Filled by the thread that reads keys, emptied by the one that may call services.
        self._pressed: SimpleQueue[str] = SimpleQueue()
        self._meanings: dict[str, str] = {}
        if reset == "human":
            self._meanings[GO] = "begins the next episode"
        if judge == HUMAN:
            self._meanings |= {SUCCESS: "says success", FAILURE: "says failure"}

    @property
    def keys(self) -> Mapping[str, Callable[[], None]]:
        """What to do, by key."""
        return {key: partial(self._pressed.put, key) for key in self._meanings}

    def attach(self, node: Node, bringup: Bringup) -> None:
        """Say which keys there are."""
        del node
        self._bringup = bringup
        if self._meanings:
            told = ", ".join(f"{key} {meaning}" for key, meaning in self._meanings.items())
            self._say(f"Keys: {told}.")

    def look(self) -> bool:
        """Call what was pressed for; never ends the graph."""
        while not self._pressed.empty():
            self._call(self._pressed.get())
        return False

    def _call(self, key: str) -> None:
        assert self._bringup is not None
        if key == GO:
            request, kind, name = Trigger.Request(), Trigger, "begin_episode"
        else:
            request, kind, name = SetBool.Request(data=key == SUCCESS), SetBool, "judge_episode"
        answer = self._bringup.client.call(kind, name, request, ANSWER_S)
        self._say(f"{key}: {'nobody answers' if answer is None else answer.message}")
