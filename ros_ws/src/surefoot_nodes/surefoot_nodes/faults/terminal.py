"""`surefoot up twin` in a terminal of its own, so that keys can be pressed; with a witness."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import termios
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from rl_agent.exceptions import GraphError
from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState

from ..environment import graph_environment
from ..gate_operator import GateOperator
from ..graph_process import CLI, RUNNING
from .judge import judge_braking
from .prompt import prompt
from .rows_estop import RESET_WATCH_S, WATCH_S, Press
from .timeline import Timeline, since
from .witness_process import start_witness

KEY = b" "
UP_S = 60.0
GONE_S = 5.0
WATCHED = ("joint_states", "applied_command", "safety_state")
"""A twin ends where it does not know who listens to its controller's topic."""
TARGETS = (np.array([0.10, 0.28, 0.12]), np.array([0.10, -0.28, 0.12]))
SPEED = 0.5
"""[rad/s] a slower arm does not count as being in motion."""


class TerminalGraph:
    """Used in a `with` statement; ends all its processes."""

    def __init__(self, domain: int, folder: Path, robot: str = "so101") -> None:
        self._folder = folder
        self._domain = domain
        self._spec = load_robot(robot)
        self.timeline = Timeline()
        self.environment = graph_environment("twin", domain)
        self._said = ""

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        words = ["up", "twin", "--domain", str(self._domain), "--goal-period", "0"]
        self._process = subprocess.Popen(
            [*CLI, *words, "--robot", self._spec.name],
            env={**os.environ, **self.environment},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self._witness = start_witness(
            self._spec.name, self.timeline, self.environment, self._folder, WATCHED
        )
        threading.Thread(target=self._drain, name="terminal", daemon=True).start()
        try:
            self._wait_until_up()
            self.operator = GateOperator(self._spec, self._domain, self.environment)
            self.operator.__enter__()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(GONE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._witness.kill()
        if hasattr(self, "operator"):
            self.operator.__exit__(None, None, None)
        os.close(self._master)

    def press(self, turn: int) -> Press:
        """Press the key while the arm moves to a target; return what followed."""
        operator = self.operator
        operator.give_goal(TARGETS[turn % 2])
        deadline_s = time.monotonic() + 10.0
        while not self._is_moving():
            if time.monotonic() > deadline_s:
                raise GraphError(f"the robot does not move: {operator.state} {operator.cause}")
            operator.wait(0.01)
        with prompt():
            event_s = time.monotonic()
            os.write(self._master, KEY)
        operator.wait(WATCH_S)
        braking = judge_braking(self.timeline, event_s, event_s + WATCH_S)
        reset_s = time.monotonic()
        operator.reset()
        operator.wait(RESET_WATCH_S)
        moved = any(
            float(np.abs(a.velocity).max()) > 1e-9 for a in since(self.timeline.applied, reset_s)
        )
        state = operator.state.value if operator.state else ""
        if operator.state is not SafetyState.ARMED:
            operator.arm_again()
        return Press(braking, moved, state)

    def _is_moving(self) -> bool:
        applied = self.timeline.applied
        return bool(applied) and float(np.abs(applied[-1].velocity).max()) > SPEED

    def _wait_until_up(self) -> None:
        deadline_s = time.monotonic() + UP_S
        while RUNNING not in self._said:
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise GraphError(f"the graph did not come up\n{self._said[-500:]}")
            time.sleep(0.05)

    def _drain(self) -> None:
        # The other end's close reads as an error.
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 4096):
                self._said = (self._said + data.decode(errors="replace"))[-10_000:]


def _take_terminal() -> None:
    """Make standard input our controlling terminal, as a shell would."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
