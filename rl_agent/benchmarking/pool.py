"""Runs jobs in worker processes, a few at a time, and tells how they go."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

from rl_agent.child import Child
from rl_agent.learning.stop import StopRequest

from .job import Job

LOG_FILE = "worker.log"
_LOOK_S = 0.2


class Display(Protocol):
    """Shows how the runs go."""

    def begin(self, job: Job) -> None:
        """A run begins or goes on."""

    def show(self, job: Job, told: Mapping[str, Any]) -> None:
        """A run told something: its progress, or a message."""

    def end(self, job: Job, failure: str | None) -> None:
        """A run is finished, or was stopped, or failed with a reason."""


@dataclass(frozen=True)
class Failure:
    """A run that can't be done, and why."""

    job: Job
    reason: str


@dataclass
class _Worker:
    job: Job
    child: Child
    error: str | None = None
    is_asked: bool = False
    """To stop; a second time it would leave its work where it is."""


Told = tuple[_Worker, dict[str, Any] | None]


@dataclass(kw_only=True)
class Pool:
    """At most `num_jobs` workers at once. A stop lets each end with a whole checkpoint."""

    num_jobs: int
    stop: StopRequest
    display: Display
    _told: SimpleQueue[Told] = field(default_factory=SimpleQueue)
    _running: list[_Worker] = field(default_factory=list)

    def run(self, jobs: Sequence[Job]) -> Iterable[Job | Failure]:
        """Yield each run as it is finished, or fails; after a stop, none that were not."""
        waiting = deque(jobs)
        try:
            while self._running or (waiting and not self.stop.is_set):
                while waiting and len(self._running) < self.num_jobs and not self.stop.is_set:
                    self._start(waiting.popleft())
                if self.stop.is_set:
                    self._ask_to_stop()
                ended = self._listen()
                if ended is not None and (outcome := self._outcome(ended)) is not None:
                    yield outcome
        finally:
            # A second Ctrl-C: what their last checkpoints hold is whole.
            for worker in self._running:
                worker.child.kill()

    def _start(self, job: Job) -> None:
        command = [sys.executable, "-m", "rl_agent.benchmarking.worker", str(job.run_dir)]
        worker = _Worker(job, Child(command, log=job.run_dir / LOG_FILE, reads_output=True))
        self._running.append(worker)
        Thread(target=self._read, args=(worker,), daemon=True).start()
        self.display.begin(job)

    def _read(self, worker: _Worker) -> None:
        for line in worker.child.lines:
            if (told := _parse(line)) is not None:
                self._told.put((worker, told))
        self._told.put((worker, None))

    def _listen(self) -> _Worker | None:
        """Wait a moment for what workers tell; return one that has ended."""
        try:
            worker, told = self._told.get(timeout=_LOOK_S)
        except Empty:
            return None
        if told is None:
            return worker
        worker.error = told.get("error", worker.error)
        self.display.show(worker.job, told)
        return None

    def _ask_to_stop(self) -> None:
        for worker in self._running:
            if not worker.is_asked:
                worker.child.ask_to_stop()
                worker.is_asked = True

    def _outcome(self, worker: _Worker) -> Job | Failure | None:
        status = worker.child.wait()
        worker.child.kill()  # closes what it wrote to
        self._running.remove(worker)
        if status == 0:
            self.display.end(worker.job, None)
            return worker.job
        if self.stop.is_set and worker.error is None:
            return None
        log = worker.job.run_dir / LOG_FILE
        said = worker.child.last_words(1) or "no message"
        reason = worker.error or f"ended with status {status}: {said} (see {log})"
        self.display.end(worker.job, reason)
        return Failure(worker.job, reason)


def _parse(line: str) -> dict[str, Any] | None:
    """Return what a worker told; None for what a library printed."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
