"""Runs a graph: starts its processes, drives their lifecycle, starts again what died, ends all.

As a node (for launch files) it drives the lifecycle only; launch starts the processes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Bool

from rl_agent.child import Child
from rl_agent.exceptions import GraphError, SurefootError

from . import parameters, qos, realtime
from .bringup import Bringup
from .enclaves import enclave_arguments, secured
from .gate_reports import rate_words
from .graph import NodeSpec
from .keys import watch_keys
from .leaning_watch import LeaningWatch
from .node import StopSignal
from .parameters import to_argument
from .seeds import for_start
from .stopping import stop_children

NAME = "supervisor"
TEND_S = 0.2
MANAGE_S = 1.0
"""How often nodes are asked for their state where launch starts them again."""
STATUS_S = 10.0
MAX_DEATHS = 5
"""A process that dies more often than this within `DEATH_WINDOW_S` stays dead."""
DEATH_WINDOW_S = 60.0
REFUSED = 2
"""Exit status of a node that must not run here."""


class InterruptedByUserError(Exception):
    """Somebody asked us to end."""


class Onlooker(Protocol):
    """Somebody who watches a graph while it runs, and may call it a day."""

    def attach(self, node: Node, bringup: Bringup) -> None:
        """Subscribe to what it wants to see; `bringup` can call services."""

    def look(self) -> bool:
        """Look, some times a second; return whether the graph shall end."""
        ...


class Supervisor:
    """One graph of processes, from start to end. Use `run`."""

    def __init__(
        self,
        specs: Sequence[NodeSpec],
        *,
        namespace: str = "",
        log_level: str = "warn",
        auto_arm: bool = False,
        environment: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
        onlookers: Sequence[Onlooker] = (),
        before_arming: Callable[[Bringup], None] | None = None,
    ) -> None:
        """Prepare it; nothing is started yet.

        Args:
            specs: The processes, in the order of activation.
            namespace: The robot's.
            log_level: Of the nodes.
            auto_arm: Arm once all are active: for twins only.
            environment: Additions to ours, for the nodes.
            say: Takes lines for the user.
            onlookers: Watch; without one, a line tells state and rates now and then.
            before_arming: Is called where `auto_arm` would arm, and may take its time.
        """
        self._before_arming = before_arming
        self._onlookers = tuple(onlookers)
        self._specs = list(specs)
        self._namespace = namespace
        self._log_level = log_level
        self._auto_arm = auto_arm
        self._environment = dict(environment or {})
        self._say = say
        self._deaths: dict[str, list[float]] = {}
        self._num_starts: Counter[str] = Counter()
        self._reborn: set[str] = set()
        """Started again, and not configured yet."""
        self._status_s = 0.0
        self._leaning = LeaningWatch()
        self._stop = StopSignal()
        self.children: dict[str, Child] = {}

    def run(self) -> int:
        """Run until SIGINT or SIGTERM; return the exit status.

        Raises:
            GraphError: The graph could not be brought up, or a node refused to run here.
        """
        context = rclpy.Context()
        if missing := realtime.missing():
            self._say(missing)
        try:
            for spec in self._specs:
                self._spawn(spec)
            with secured(NAME):
                rclpy.init(
                    args=enclave_arguments(NAME),
                    context=context,
                    signal_handler_options=SignalHandlerOptions.NO,
                )
            self._supervise(context)
        except InterruptedByUserError:
            return 130
        finally:
            graces_s = {spec.executable: spec.grace_s for spec in self._specs}
            stop_children(self.children, lambda: self._stop.count > 1, graces_s)
            rclpy.try_shutdown(context=context)
        return 0

    def _supervise(self, context: rclpy.Context) -> None:
        node = rclpy.create_node(NAME, context=context, namespace=self._namespace)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        names = [spec.executable for spec in self._specs]
        bringup = Bringup(node, executor, names, say=self._say, check=self._check)
        node.create_subscription(DiagnosticArray, "diagnostics", self._on_diagnostics, qos.REPORTS)
        for onlooker in self._onlookers:
            onlooker.attach(node, bringup)
        estop = node.create_publisher(Bool, "estop", qos.COMMANDS)

        def press_estop() -> None:
            # Pressed and let go: the gate latches the first, and may be reset after the second.
            estop.publish(Bool(data=True))
            estop.publish(Bool(data=False))
            self._say("e-stop; `surefoot reset` and `surefoot arm` go on")

        others = {k: act for o in self._onlookers for k, act in getattr(o, "keys", {}).items()}
        with watch_keys(press_estop, others=others) as has_keys:
            bringup.start()
            self._say(f"running: {', '.join(names)}")
            if has_keys and "safety_node" in names:
                self._say("Space or s stops the robot at once.")
            if self._auto_arm:
                if self._before_arming is not None:
                    self._before_arming(bringup)
                bringup.arm()
            self._tend(bringup)

    def _tend(self, bringup: Bringup) -> None:
        """Configure what was started again, until somebody asks for the end."""
        while not any([onlooker.look() for onlooker in self._onlookers]):
            bringup.idle(TEND_S)
            if self._reborn:
                self._reborn.difference_update(bringup.tend(sorted(self._reborn)))

    def _spawn(self, spec: NodeSpec) -> None:
        environment = {**self._environment, realtime.PARENT_VARIABLE: str(os.getpid())}
        name = spec.executable
        spec = for_start(spec, self._num_starts[name])
        self._num_starts[name] += 1
        command = node_command(spec, self._namespace, self._log_level)
        self.children[name] = Child(command, env=environment)

    def _check(self) -> None:
        """Give up if asked to, or if a node refused; start again what died."""
        if self._stop.is_set:
            raise InterruptedByUserError
        for spec in self._specs:
            child = self.children.get(spec.executable)
            if child is not None and child.status is not None:
                self._on_death(spec, child)

    def _on_death(self, spec: NodeSpec, child: Child) -> None:
        name, status = spec.executable, child.status
        child.kill()
        del self.children[name]
        if status == REFUSED:
            raise GraphError(f"{name} refused to run; the reason stands above")
        now_s = time.monotonic()
        deaths = [t for t in self._deaths.get(name, []) if now_s - t < DEATH_WINDOW_S] + [now_s]
        self._deaths[name] = deaths
        how = signal.Signals(-status).name if status is not None and status < 0 else status
        if not spec.respawn:
            raise GraphError(f"{name} died ({how}), and lock-step cannot go on without it")
        if len(deaths) > MAX_DEATHS:
            self._say(f"{name} died ({how}) and is not started again")
            return
        self._say(f"{name} died ({how}); starting it again")
        self._spawn(spec)
        self._reborn.add(name)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            # Anybody may publish diagnostics; what makes no sense must not end the graph.
            with suppress(ValueError, KeyError):
                self._show({item.key: item.value for item in status.values})

    def _show(self, values: Mapping[str, str]) -> None:
        if warning := self._leaning.take(values):
            self._say(f"warning: {warning}")
        now_s = time.monotonic()
        line = status_line(values)
        if line and not self._onlookers and now_s - self._status_s >= STATUS_S:
            self._status_s = now_s
            self._say(line)


def status_line(values: Mapping[str, str]) -> str:
    """Return state and rates from the gate's diagnostics, `ARMED · gate 100 Hz`; empty without."""
    rates = rate_words({key: float(value) for key, value in values.items() if key[-3:] == "_hz"})
    return " · ".join([values.get("state", "?"), *rates]) if rates else ""


def node_command(spec: NodeSpec, namespace: str, log_level: str) -> list[str]:
    """Return the command line of one node's process."""
    command = [sys.executable, "-m", f"{spec.package}.{spec.executable}", "--ros-args"]
    command += ["-r", f"__node:={spec.executable}", "-r", f"__ns:=/{namespace.strip('/')}"]
    for topic, other in spec.remaps:
        command += ["-r", f"{topic}:={other}"]
    for name, value in spec.parameters.items():
        command += ["-p", f"{name}:={to_argument(value)}"]
    return [*command, "--log-level", log_level]


def main() -> int:
    """Drive the lifecycle of nodes that somebody else started; for launch files."""
    realtime.die_with_parent()
    stop = StopSignal()
    try:
        with secured(NAME, sys.argv):
            arguments = [*sys.argv, *enclave_arguments(NAME, sys.argv)]
            rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        _manage(stop)
    except InterruptedByUserError:
        return 0
    except SurefootError as error:
        print(f"supervisor: {error}", file=sys.stderr)
        return REFUSED
    finally:
        rclpy.try_shutdown()
    return 0


def _manage(stop: StopSignal) -> None:
    def check() -> None:
        if stop.is_set:
            raise InterruptedByUserError

    node = rclpy.create_node(NAME)
    values = parameters.declare(node, NAME)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    names = [name for name in values["nodes"] if name]
    bringup = Bringup(node, executor, names, say=node.get_logger().info, check=check)
    if values["autostart"]:
        bringup.start()
    if values["auto_arm"]:
        bringup.arm()
    while True:
        check()
        if values["autostart"]:
            bringup.tend(names)
        bringup.idle(MANAGE_S)


if __name__ == "__main__":
    sys.exit(main())
