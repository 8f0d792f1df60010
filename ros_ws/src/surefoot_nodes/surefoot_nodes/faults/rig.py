"""Twin, gate and a witness as real processes that a trial may kill, stop and start again.

No supervisor: what dies stays dead until the trial revives it. A twin's graph, on this machine
only, in a domain of its own.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from rl_agent.child import Child
from rl_agent.exceptions import GraphError
from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState

from .. import realtime
from ..environment import graph_environment
from ..gate_operator import GateOperator
from ..graph import GraphConfig, NodeSpec, make_graph
from ..parameter import Value
from ..stopping import stop_children
from .prompt import prompt
from .timeline import Applied, State, Timeline
from .witness_process import start_witness

APPEAR_S = 60.0
CONFIGURE_S = 25.0
ANSWER_S = 3.0
IN_MOTION = 0.35
"""Of the fastest commanded joint's speed limit: a slower robot is not judged."""
STALE_S = 0.15
"""Older commands say nothing about the robot's motion."""
MOMENT_S = 0.3
"""A robot in motion is hit at any moment within this long."""
NUM_TRIES = 20
"""Before it is given up that the robot moves."""
TARGETS = (np.array([0.10, 0.28, 0.12]), np.array([0.10, -0.28, 0.12]))
"""Left and right of so101: a policy is in motion for most of a second between them [m]."""
OBSERVERS = ["fault_witness", "recorder_node_io", "blackbox_node_io", "rosbag2_recorder"]


@dataclass(frozen=True, kw_only=True)
class RigPlan:
    """What a trial needs."""

    robot: str = "so101"
    domain: int
    folder: Path
    lies: bool = False
    """A fault_node stands between the twin's sensors and everybody else."""
    policy_hz: float = 0.0
    actor: str = ""
    """Of a real policy_node; empty for a mover in its place."""
    gate: dict[str, Value] = field(default_factory=dict)
    """Parameters of safety_node beyond the usual ones."""
    moves: bool = True
    """Somebody proposes motion from the start."""
    mover: tuple[str, ...] = ()
    """Further options of whoever does."""
    has_teleop: bool = False
    """A teleop_node listens to the joystick."""
    watches: tuple[str, ...] = ()
    """Topics that the witness listens to; empty for all."""


class Rig:
    """Used in a `with` statement; ends all its processes."""

    def __init__(self, plan: RigPlan) -> None:
        self.plan = plan
        self.spec = load_robot(plan.robot, policy_hz=plan.policy_hz or None)
        self.timeline = Timeline()
        self.environment = graph_environment("faults", plan.domain)
        self.nodes: dict[str, Child] = {}
        self._others: list[Child] = []
        self._specs = {spec.executable: spec for spec in self._graph()}
        self._fault: Any = None
        self._turn = False
        self.operator: GateOperator

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def spawn(self, name: str) -> Child:
        """Start a node's process, unconfigured; a node that was killed is started anew."""
        from ..supervisor import node_command

        environment = {**self.environment, realtime.PARENT_VARIABLE: str(os.getpid())}
        log = self.plan.folder / f"{name}.log"
        child = Child(node_command(self._specs[name], "", "warn"), log=log, env=environment)
        self.nodes[name] = child
        return child

    def bring_up(self, *names: str) -> None:
        """Take nodes to active, waiting for those that were just started.

        Raises:
            GraphError: One did not get there.
        """
        lifecycle = self.operator.lifecycle
        deadline_s = time.monotonic() + APPEAR_S
        for transition, wanted in (("configure", "unconfigured"), ("activate", "inactive")):
            for name in names:
                self._until_in(name, wanted, deadline_s)
                if not lifecycle.change([name], transition, CONFIGURE_S)[name]:
                    words = self.nodes[name].last_words()
                    raise GraphError(f"{name} could not {transition}\n{words}".rstrip())

    def client(self, module: str, *words: str, log: str = "") -> Child:
        """Start a process of ours in the graph's domain, `python -m surefoot_nodes.MODULE`."""
        command = [sys.executable, "-m", f"surefoot_nodes.{module}", *words]
        path = self.plan.folder / f"{log or module}.log"
        child = Child(command, log=path, env=self.environment)
        self._others.append(child)
        return child

    def mover(self, *words: str) -> Child:
        """Start who keeps the robot in motion, and wait until it is there."""
        source = words[words.index("--source") + 1] if "--source" in words else "policy"
        count, topic = self.operator.node.count_publishers, f"command_raw/{source}"
        before = count(topic)
        hz = ["--policy-hz", str(self.spec.policy_hz)]
        child = self.client("faults.mover", "--robot", self.plan.robot, *hz, *words)
        self.until(lambda: count(topic) > before, APPEAR_S, f"somebody to propose on {topic}")
        return child

    def lie(self, fault: Any) -> float:
        """Let a sensor's fault set in; return when [s]."""
        from std_msgs.msg import String

        from .. import qos

        if self._fault is None:
            self._fault = self.operator.node.create_publisher(String, "fault", qos.LATCHED)
            self.until(
                lambda: self._fault.get_subscription_count() > 0, 5.0, "fault_node to listen"
            )
        message = String(data=fault.to_json())
        with prompt():
            now_s = time.monotonic()
            self._fault.publish(message)
        return now_s

    def signal(self, name: str, number: int) -> float:
        """Send a node a signal; return when [s]."""
        pid = self.nodes[name].pid
        with prompt():
            now_s = time.monotonic()
            os.kill(pid, number)
        return now_s

    def kill(self, name: str) -> float:
        """Kill a node with SIGKILL; return when [s]."""
        now_s = self.signal(name, signal.SIGKILL)
        self.nodes.pop(name).kill()
        return now_s

    def memory_mb(self, name: str) -> float:
        """Return a node's resident memory [1e6 bytes]."""
        status = Path(f"/proc/{self.nodes[name].pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / 1e6

    def wait(self, duration_s: float) -> None:
        """Let time pass, listening; gives up if a node died that nobody killed."""
        self.operator.wait(duration_s)
        self.check()

    def check(self) -> None:
        """Insist that all nodes run.

        Raises:
            GraphError: One ended by itself.
        """
        for name, child in self.nodes.items():
            if child.status is not None:
                raise GraphError(f"{name} ended with {child.status}\n{child.last_words()}")

    def until(self, holds: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for something.

        Raises:
            GraphError: It did not happen in time.
        """
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > deadline_s:
                raise GraphError(f"waited {timeout_s:g} s for {what}")
            self.operator.wait(0.005)

    @property
    def applied(self) -> Applied | None:
        """The newest command on the wire."""
        return self.timeline.applied[-1] if self.timeline.applied else None

    @property
    def state(self) -> State:
        """The gate's newest state, as the witness saw it."""
        return self.timeline.states[-1] if self.timeline.states else State(0.0, "", "unknown")

    def arm(self) -> None:
        """Arm, and wait until proposals are followed."""
        self.operator.arm_again()

    def restore(self, timeout_s: float = 40.0) -> None:
        """Reset if stopped, arm, and wait until proposals are followed.

        Raises:
            GraphError: That did not come about; says why.
        """
        deadline_s, answer = time.monotonic() + timeout_s, ""
        while time.monotonic() < deadline_s:
            if self.operator.state is SafetyState.STOPPED:
                _, answer = self.operator.reset()
            if self.operator.state is SafetyState.UNARMED:
                _, answer = self.operator.arm()
            if self.operator.wait_for_state(SafetyState.ARMED, 0.3):
                return
            self.check()
        raise GraphError(f"not armed after {timeout_s:g} s: {answer}; {self.operator.cause}")

    def get_moving(self, rng: random.Random | None = None) -> float:
        """Wait until the robot is in motion, at no moment in particular; return its speed.

        Raises:
            GraphError: It does not move, whatever is asked for.
        """
        if self.plan.actor:
            self._next_goal()
        for _ in range(NUM_TRIES):
            if self._moves_within(2.0):
                self.wait(rng.uniform(0.0, MOMENT_S) if rng is not None else 0.0)
                if self.is_moving:
                    return float(np.abs(self.timeline.applied[-1].velocity).max())
            elif self.plan.actor:
                self._next_goal()  # a policy may have arrived meanwhile
        raise GraphError(f"the robot does not move: {self.state}")

    def _next_goal(self) -> None:
        self._turn = not self._turn
        self.operator.give_goal(TARGETS[self._turn])

    def _moves_within(self, timeout_s: float) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not self.is_moving and time.monotonic() < deadline_s:
            self.operator.wait(0.005)
        return self.is_moving

    @property
    def is_moving(self) -> bool:
        """Whether the newest command follows a proposal, at a good part of the speed limit."""
        newest = self.applied
        if newest is None or newest.is_braking or time.monotonic() - newest.received_s > STALE_S:
            return False
        limits = [joint.max_velocity for joint in self.spec.command_joints]
        return bool((np.abs(newest.velocity) / limits).max() >= IN_MOTION)

    def _until_in(self, name: str, wanted: str, deadline_s: float) -> None:
        while True:
            state = self.operator.lifecycle.states([name], 1.0).get(name)
            if state == wanted:
                return
            self.check()
            if time.monotonic() > deadline_s:
                raise GraphError(f"{name} is {state or 'silent'}, not {wanted}")
            self.operator.wait(0.05)

    def _graph(self) -> Sequence[NodeSpec]:
        plan = self.plan
        overrides = {"twin_node": {"observers": OBSERVERS, "discovery_s": 0.3}}
        overrides |= {"fault_node": {"discovery_s": 0.3}, "safety_node": plan.gate}
        config = GraphConfig(
            robot=plan.robot,
            policy_hz=plan.policy_hz,
            actor=plan.actor or "zero",
            goal_period_s=0.0,
            overrides=overrides,
        )
        nodes = make_graph("faults" if plan.lies else "twin", config)
        nodes = [n for n in nodes if n.executable != "policy_node" or plan.actor]
        if plan.has_teleop:
            shared = {"robot": plan.robot, "policy_hz": float(plan.policy_hz)}
            nodes.append(NodeSpec(executable="teleop_node", parameters=shared, order=4))
        return nodes

    def _start(self) -> None:
        self._watch()
        for name in self._specs:
            self.spawn(name)
        self.operator = GateOperator(self.spec, self.plan.domain, self.environment, find_s=APPEAR_S)
        self.operator.__enter__()
        self.bring_up(*self._specs)
        if self.plan.actor:
            self.operator.give_goal(TARGETS[0])
        elif self.plan.moves:
            self.mover(*self.plan.mover)
        self.until(lambda: bool(self.timeline.robot and self.timeline.states), 10.0, "readings")

    def _watch(self) -> None:
        witness = start_witness(
            self.plan.robot, self.timeline, self.environment, self.plan.folder, self.plan.watches
        )
        self._others.append(witness)

    def _end(self) -> None:
        for child in [*self.nodes.values(), *self._others]:
            if child.status is None:
                os.kill(child.pid, signal.SIGCONT)
        stop_children(self.nodes)
        for child in self._others:
            child.kill()
        if hasattr(self, "operator"):
            self.operator.__exit__(None, None, None)
