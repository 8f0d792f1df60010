"""`surefoot up twin` and clients beside it, as children: for demonstrations and benchmarks."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rl_agent.child import Child, stop_all
from rl_agent.exceptions import GraphError
from rl_agent.reporting.report import Trial

from .environment import graph_environment

CLI = (sys.executable, "-m", "rl_agent.cli.main")
STOP_S = 3.2
"""`surefoot up` brakes and ends its processes within 3 s."""
RUNNING = "running:"
"""Begins the line by which `surefoot up` says that all nodes are active."""


@dataclass(frozen=True, kw_only=True)
class GraphOptions:
    """What `surefoot up twin` is told."""

    robot: str
    domain: int
    actor: str = "onnx"
    bundle: Path | None = None
    policy_hz: float = 0.0
    seed: int = 0
    recording: Path | None = None
    """A recording that is there already is thrown away."""
    log: Path

    def arguments(self) -> list[str]:
        """Return them as typed."""
        words = ["--robot", self.robot, "--domain", str(self.domain), "--actor", self.actor]
        words += ["--goal-period", "0", "--seed", str(self.seed), "--no-blackbox"]
        if self.bundle is not None:
            words += ["--bundle", str(self.bundle)]
        if self.policy_hz:
            words += ["--policy-hz", str(self.policy_hz)]
        if self.recording is not None:
            words += ["--record", str(self.recording)]
        return words


class GraphProcess:
    """A running graph; leaving the `with` block brakes the robot and ends all its processes."""

    def __init__(
        self, options: GraphOptions, command: Sequence[str] = (*CLI, "up", "twin")
    ) -> None:
        """Start it.

        Args:
            options: What `command` is told.
            command: Program that takes these options.
        """
        self.options = options
        if options.recording is not None:
            shutil.rmtree(options.recording, ignore_errors=True)
        self.environment = graph_environment("twin", options.domain)
        self.child = Child([*command, *options.arguments()], log=options.log, env=self.environment)
        self._clients: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Brake and end everything; a recording is whole afterwards."""
        stop_all([self.child, *self._clients], STOP_S)

    def check(self) -> None:
        """Insist that the graph still runs.

        Raises:
            GraphError: It ended; says its last words.
        """
        if self.child.status is not None:
            words = self.child.last_words()
            raise GraphError(f"the graph ended with status {self.child.status}\n{words}".rstrip())

    def wait_until_running(self, timeout_s: float = 30.0) -> None:
        """Wait until all nodes are active.

        Raises:
            GraphError: The graph ended, or took too long.
        """
        deadline_s = time.monotonic() + timeout_s
        while RUNNING not in self.child.last_words(100):
            self.check()
            if time.monotonic() > deadline_s:
                raise GraphError(
                    f"the graph was not up after {timeout_s:g} s; see {self.child.log}"
                )
            time.sleep(0.05)

    def start_client(self, command: Sequence[str]) -> Child:
        """Start another process in the graph's ROS domain; its standard output can be read."""
        log = self.options.log.with_suffix(".client.log")
        client = Child(command, log=log, env=self.environment, reads_output=True)
        self._clients.append(client)
        return client

    def reach(
        self, count: int, seed: int, *, window_s: float | None = None
    ) -> Iterator[dict[str, Any]]:
        """Give `count` targets to whoever drives; yield each trial as `reach_client` tells it.

        Raises:
            GraphError: The graph or the client ended early; says its last words.
        """
        self.wait_until_running()
        words = ["--robot", self.options.robot, "--count", str(count), "--seed", str(seed)]
        words += ["--window", str(window_s)] if window_s else []
        command = [sys.executable, "-m", "surefoot_nodes.reach_client", *words]
        client = self.start_client(command)
        for line in client.lines:
            yield json.loads(line)
        if client.wait() != 0:
            self.check()
            raise GraphError(f"reaching ended early\n{client.last_words()}".rstrip())


def as_trial(result: dict[str, Any]) -> Trial:
    """Return what a report keeps of one result of `reach_client`."""
    x, y, z = result["goal_m"]
    return Trial(
        goal_m=(x, y, z),
        is_success=result["is_success"],
        time_to_target_s=result["time_to_target_s"],
        final_error_m=result["final_error_m"],
    )
