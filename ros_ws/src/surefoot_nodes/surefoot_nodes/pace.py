"""How time passes for a node: by the steady clock, or round by round with a twin.

The only place that knows which of the two it is: nodes ask for a clock, a loop and a pacer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import rclpy
from rclpy.node import Node

from rl_agent.clock import Clock, SteadyClock
from rl_agent.spec import RobotSpec

from . import qos
from .control_thread import ControlThread
from .pacing import GatePacer, PacerRates, TickPacer

if TYPE_CHECKING:
    from .node import GuardedNode

GRAPH_DELAY_S = 0.004
"""Of a state on its way to a policy, and of its proposal on the way to the controller: transport
takes under a millisecond each, and the rest is waiting for the next tick of who takes it up."""


class Loop(Protocol):
    """What serves a node's data and does its work."""

    num_errors: int

    def stop(self) -> None:
        """End it."""
        ...


class Pace(Protocol):
    """What differs between real time and lock-step."""

    clock: Clock

    def make_io(self, name: str, **kwargs: Any) -> Node:
        """Return a node for data."""
        ...

    def start_loop(
        self, deadline_s: Callable[[], float], on_deadline: Callable[[float], None]
    ) -> Loop:
        """Serve `node.io`, and call `on_deadline` with the time [s] whenever it is due."""
        ...

    def make_pacer(self, spec: RobotSpec) -> GatePacer:
        """Return what says when the gate ticks."""
        ...

    def state_period_s(self, spec: RobotSpec) -> float:
        """Return the time between two states of a twin."""
        ...

    def delays_s(self, spec: RobotSpec) -> tuple[float, float]:
        """Return how much later a twin tells its states, and heeds commands, than it could [s]."""
        ...

    def every(self, period_s: float, callback: Callable[[], None]) -> Any:
        """Call back about every `period_s`; return a timer of the node, if there is one."""
        ...

    def drain(self) -> None:
        """Take in what waits for `node.io`, where no loop does."""
        ...

    def obstacle(self) -> str:
        """Return in words why the gate may not be armed yet; empty if it may."""
        ...

    def strangers(self, controller: str) -> str:
        """Return in words who is there that must not be; `controller` is its topic."""
        ...


class RealTime:
    """Seconds of CLOCK_MONOTONIC."""

    def __init__(self, node: GuardedNode) -> None:
        self._node = node
        self.clock: Clock = SteadyClock()

    def make_io(self, name: str, **kwargs: Any) -> Node:
        """Return a plain node."""
        return rclpy.create_node(name, **kwargs)

    def start_loop(
        self, deadline_s: Callable[[], float], on_deadline: Callable[[float], None]
    ) -> Loop:
        """Start a control thread; see `ControlThread`."""
        assert self._node.io_executor is not None
        logger = self._node.get_logger()
        loop = ControlThread(self._node.io_executor, deadline_s, on_deadline, logger)
        loop.start()
        return loop

    def make_pacer(self, spec: RobotSpec) -> GatePacer:
        """Tick in phase with the proposals."""
        return TickPacer(PacerRates.of(spec), self.clock.now())

    def state_period_s(self, spec: RobotSpec) -> float:
        """Return that of the robot's driver."""
        return 1.0 / spec.state_hz

    def delays_s(self, spec: RobotSpec) -> tuple[float, float]:
        """Return what the profile's delays exceed those of the graph by, which takes its time."""
        twin = spec.twin
        states_s, commands_s = twin.observation_delay_ms / 1e3, twin.action_delay_ms / 1e3
        return max(states_s - GRAPH_DELAY_S, 0.0), max(commands_s - GRAPH_DELAY_S, 0.0)

    def every(self, period_s: float, callback: Callable[[], None]) -> Any:
        """Return a timer of the executor that answers services."""
        return self._node.every(period_s, callback)

    def drain(self) -> None:
        """Serve as many readings as can wait."""
        assert self._node.io_executor is not None
        for _ in range(qos.STATES_IN.depth):
            self._node.io_executor.spin_once(timeout_sec=0.0)

    def obstacle(self) -> str:
        """Any time will do."""
        return ""

    def strangers(self, controller: str) -> str:
        """Whoever drives the robot is no stranger."""
        del controller
        return ""
