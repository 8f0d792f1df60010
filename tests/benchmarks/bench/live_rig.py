"""`surefoot live twin` as a child that a row may kill and start again, and all that is seen of it.

Commands and readings are seen by a witness, a process of its own, on CLOCK_MONOTONIC; what the
nodes say of themselves, by the operator in this process, at the middleware's time of arrival.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil

from rl_agent.child import Child, stop_all
from rl_agent.deploy.swap_log import SWAPS, read_events
from rl_agent.exceptions import GraphError
from rl_agent.learning.metrics import read_metrics
from rl_agent.types import Array
from surefoot_nodes.environment import graph_environment
from surefoot_nodes.faults.timeline import Timeline
from surefoot_nodes.faults.witness_process import start_witness

from .context import Context
from .gate_operator import GateOperator
from .stamped.learner_node import NAME as TAKEN_IN
from .stamped.policy_node import FOLDER
from .stamped.policy_node import NAME as HANDED_OVER
from .training import CLI, ENV

PARAMETERS = """\
twin_node:
  ros__parameters: {observers: [fault_witness, recorder_node_io, blackbox_node_io]}
"""
START_S = 90.0
STOP_S = 15.0
"""The learner leaves a checkpoint."""
BENCHMARKS = Path(__file__).parents[1]
FULL_LOAD = ("--set", "agent.utd_ratio=50")
"""More updates than any machine's learner can keep up with: it never rests."""
TOPICS = ("learner_state", "policy_state")


class LiveRig:
    """Used in a `with` statement; ends all its processes."""

    def __init__(
        self,
        context: Context,
        name: str,
        *words: str,
        run: Path | None = None,
        command: tuple[str, ...] = (*CLI, "live", "twin"),
    ) -> None:
        """Prepare it.

        Args:
            context: The call's.
            name: Folder for logs, within the call's.
            words: Further options of `surefoot live twin`.
            run: The run's folder; None for one beside the logs.
            command: Program that takes these options.
        """
        self.context = context
        self.folder = context.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run = run or self.folder / "run"
        self.log = self.folder / "live.log"
        self.timeline = Timeline()
        self.told: dict[str, list[tuple[float, dict[str, Any]]]] = {topic: [] for topic in TOPICS}
        """Per topic: arrival on CLOCK_MONOTONIC [s], and what was said."""
        self.environment = graph_environment("twin", context.domain)
        self.operator: GateOperator
        self._words, self._command = words, command
        self._num_starts = 0
        self._graph: Child | None = None
        self._witness: Child | None = None
        self._parameters = self.folder / "parameters.yaml"
        self._parameters.write_text(PARAMETERS, encoding="utf-8")

    def __enter__(self) -> Self:
        try:
            self._witness = start_witness(
                self.context.spec.name, self.timeline, self.environment, self.folder
            )
            self.start()
            self.operator = GateOperator(
                self.context.spec, self.context.domain, self.environment, find_s=START_S
            )
            self.operator.__enter__()
            self._listen()
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
        self.operator.__exit__(kind, error, trace)
        self._end()

    @property
    def arrivals(self) -> dict[str, tuple[Array, float]]:
        """When the gate's and the policy's messages came [s], and how far apart they should be."""
        spec, timeline = self.context.spec, self.timeline
        return {
            "gate": (np.array([a.received_s for a in timeline.applied]), spec.gate_period_s),
            "policy": (np.array([p.received_s for p in timeline.proposals]), spec.policy_period_s),
        }

    def start(self, *words: str) -> None:
        """Start the graph and wait until all its nodes are active.

        Raises:
            GraphError: It ended, or took too long.
        """
        self._num_starts += 1
        self.log = self.folder / f"live-{self._num_starts}.log"
        given = ["--env", ENV, "--out", str(self.run), "--seed", str(self.context.seed)]
        given += ["--domain", str(self.context.domain), "--no-blackbox"]
        given += ["--params", str(self._parameters), *self._words, *words]
        self._graph = Child([*self._command, *given], log=self.log, env=self.environment)
        deadline_s = time.monotonic() + START_S
        while "running:" not in self.output():
            if self._graph.status is not None or time.monotonic() > deadline_s:
                raise GraphError(f"the live graph is not up: {self.output()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the graph as Ctrl-C does: the learner leaves a checkpoint."""
        if self._graph is not None:
            stop_all([self._graph], STOP_S)
            self._graph = None

    def output(self) -> str:
        """Return what the newest start has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def pids(self) -> dict[str, int]:
        """Return the nodes' process ids by name."""
        found: dict[str, int] = {}
        if self._graph is None:
            return found
        for child in psutil.Process(self._graph.pid).children():
            with contextlib.suppress(psutil.Error, IndexError, ValueError):
                words = child.cmdline()
                found[words[words.index("-m") + 1].rsplit(".", 1)[-1]] = child.pid
        return found

    def pid(self, name: str) -> int:
        """Return one node's process id.

        Raises:
            GraphError: It does not run.
        """
        pid = self.pids().get(name)
        if pid is None:
            raise GraphError(f"{name} does not run: {self.output()[-500:]}")
        return pid

    def kill(self, name: str) -> float:
        """Send SIGKILL to a node; return when [s]."""
        pid = self.pid(name)
        now_s = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return now_s

    def kill_all(self) -> float:
        """Send SIGKILL to the supervisor and all nodes; return when [s]."""
        assert self._graph is not None
        pids = [self._graph.pid, *self.pids().values()]
        now_s = time.monotonic()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._graph.kill()
        self._graph = None
        psutil.wait_procs([p for p in map(_process, pids) if p is not None], timeout=5.0)
        return now_s

    def until(self, holds: Callable[[], object], timeout_s: float, what: str) -> None:
        """Wait for something, listening.

        Raises:
            GraphError: It did not happen in time, or the graph ended.
        """
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            if self._graph is not None and self._graph.status is not None:
                raise GraphError(f"the live graph ended: {self.output()[-1000:]}")
            if time.monotonic() > deadline_s:
                raise GraphError(f"waited {timeout_s:g} s for {what}: {self.output()[-1000:]}")
            self.operator.wait(0.02)

    def newest(self, topic: str) -> dict[str, Any]:
        """Return what was said last; empty if nothing was."""
        return self.told[topic][-1][1] if self.told[topic] else {}

    def swaps(self, *kinds: str) -> list[dict[str, Any]]:
        """Return what became of versions, of these kinds."""
        return [line for line in read_events(self.run / SWAPS) if line["kind"] in kinds]

    def figures(self, kind: str) -> list[dict[str, Any]]:
        """Return lines of the run's metrics."""
        return [line for line in read_metrics(self.run) if line["kind"] == kind]

    def learn(self, seconds: float, versions: int = 2) -> None:
        """Wait until so many versions came to act, and for so long in all."""
        end_s = time.monotonic() + seconds
        self.until(lambda: len(self.swaps("promoted")) >= versions, 180.0, "versions to act")
        self.until(lambda: time.monotonic() >= end_s, seconds + 1.0, "time")

    def _listen(self) -> None:
        from std_msgs.msg import String

        from surefoot_nodes import qos

        for topic in TOPICS:
            told = self.told[topic]

            def note(message: Any, info: dict[str, int], told: list[Any] = told) -> None:
                age_s = max(time.time_ns() - info["received_timestamp"], 0) / 1e9
                told.append((time.monotonic() - age_s, json.loads(message.data)))

            self.operator.node.create_subscription(String, topic, note, qos.LATCHED)

    def _end(self) -> None:
        self.stop()
        if self._witness is not None:
            stop_all([self._witness], 2.0)


def stamped_command(stamps: Path) -> tuple[str, ...]:
    """Return a program in place of `surefoot live twin` that notes when transitions pass."""
    stamps.mkdir(parents=True, exist_ok=True)
    paths = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    changes = (f"{FOLDER}={stamps}", f"PYTHONPATH={os.pathsep.join(paths)}")
    return ("env", *changes, sys.executable, str(BENCHMARKS / "bench" / "stamped_live.py"))


def read_stamps(stamps: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return when each transition was handed over, and whether it was taken (N, 2).

    And when each of them lay in the replay (M,), in their order [s].
    """
    handed = np.loadtxt(stamps / HANDED_OVER, ndmin=2)
    takes = np.loadtxt(stamps / TAKEN_IN, ndmin=2)
    return handed, np.repeat(takes[:, 0], takes[:, 1].astype(int))


def _process(pid: int) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None
