"""`surefoot learn` as a child that a row may kill and start again."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from rl_agent.child import Child
from rl_agent.data.journal import JournalContents, JournalReader
from rl_agent.exceptions import GraphError, JournalError
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import journal_dir, robots_dir

from .training import CLI, ENV

START_S = 120.0
STOP_S = 30.0
"""It leaves a checkpoint."""


class FarLearner:
    """Used in a `with` statement through `contextlib.closing`."""

    def __init__(
        self, run: Path, address: str, key: Path, *words: str, before: tuple[str, ...] = ()
    ) -> None:
        """Prepare it; `before` stands before the command, for example to choose a network."""
        self.run = run
        self._command = [*before, *CLI, "learn", "--listen", address, "--key", str(key)]
        self._command += ["--out", str(run)]
        self._words = words
        self._num_starts = 0
        self._child: Child | None = None

    def start(self) -> None:
        """Start it, or let it go on where it was killed; wait until it listens.

        Raises:
            GraphError: It ended, or took too long.
        """
        self._num_starts += 1
        log = self.run.with_name(f"{self.run.name}-{self._num_starts}.log")
        own = ["--env", ENV, *self._words] if self._num_starts == 1 else ["--resume"]
        child = self._child = Child([*self._command, *own], log=log)
        deadline_s = time.monotonic() + START_S
        while "listening on" not in child.last_words(10_000):
            if child.status is not None or time.monotonic() > deadline_s:
                raise GraphError(f"the learner does not listen: {child.last_words(20)}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Send SIGKILL."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        """End it as Ctrl-C does."""
        if self._child is not None:
            self._child.stop(STOP_S)
            self._child = None

    def num_copied(self, robot_id: str) -> int:
        """Return the rows of a robot's copy."""
        try:
            return len(JournalReader(robots_dir(self.run) / robot_id).read().rows)
        except JournalError:
            return 0

    def copy(self, robot_id: str) -> JournalContents:
        """Return a robot's copy."""
        return JournalReader(robots_dir(self.run) / robot_id).read()

    def merged(self) -> np.ndarray:
        """Return the rows that it learned from, in order."""
        return JournalReader(journal_dir(self.run)).read().rows

    def num_in_checkpoint(self) -> int:
        """Return the rows before its newest checkpoint."""
        return load_checkpoint(self.run).env_step

    def versions(self) -> list[int]:
        """Return the versions that it has published, as far as its metrics are written."""
        lines = read_metrics(self.run)
        return [int(line["policy_version"]) for line in lines if line["kind"] == "version"]
