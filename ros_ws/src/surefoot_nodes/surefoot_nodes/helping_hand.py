"""Somebody who sets a fallen twin on its feet, and takes a person's time for it."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger

from rl_agent.clock import Clock
from sim.twin import Twin

HELP_S = 5.0
"""What a person takes to set a fallen robot on its feet."""
HOLD_S = 10.0
"""How long a person holds it there for its motors to take over: without them it would sink."""


class HelpingHand:
    """Offers the service `stand_up`: a robot that nobody drives will stand some seconds later."""

    def __init__(self, io: Node, twin: Twin, clock: Clock) -> None:
        self._twin = twin
        self._clock = clock
        self._due_s: float | None = None
        io.create_service(Trigger, "stand_up", self._on_stand_up)

    def help_if_due(self, now_s: float) -> None:
        """Set the robot on its feet, if the time has come, and hold it until its motors do."""
        if self._due_s is None or now_s < self._due_s:
            return
        if self._twin.is_held or now_s > self._due_s + HOLD_S:
            self._due_s = None
        else:
            self._twin.stand_up()

    def _on_stand_up(self, request: Any, response: Any) -> Any:
        del request
        if self._twin.is_held:
            response.message = "refused: the robot is being driven; stop it first"
            return response
        if self._due_s is None:
            self._due_s = self._clock.now() + HELP_S
        response.success, response.message = True, f"it will stand in {HELP_S:g} s"
        return response
