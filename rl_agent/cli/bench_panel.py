"""How a benchmark looks: a line per running job in a terminal, lines that stay elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rl_agent.benchmarking.job import Job
from rl_agent.benchmarking.pool import Display
from rl_agent.cli.train_panel import time_text


class PlainDisplay:
    """A line where a run begins, is evaluated, and ends."""

    def __init__(self, num_jobs: int, num_finished: int) -> None:
        self._num_jobs, self._num_finished = num_jobs, num_finished
        self._evaluations: dict[str, float | None] = {}

    def begin(self, job: Job) -> None:
        """Print that it begins."""
        print(f"{job.name}: begins", flush=True)

    def show(self, job: Job, told: Mapping[str, Any]) -> None:
        """Print a line if there is a new evaluation."""
        evaluation = told.get("evaluation")
        if evaluation is not None and evaluation != self._evaluations.get(job.name):
            self._evaluations[job.name] = evaluation
            print(f"{job.name}: {progress_text(told)}", flush=True)

    def end(self, job: Job, failure: str | None) -> None:
        """Print how it ended."""
        self._num_finished += failure is None
        print(ended_text(job, failure, self._num_finished, self._num_jobs), flush=True)


class LiveDisplay:
    """A line per running job, redrawn in place; what ended stands above."""

    def __init__(self, live: Any, num_jobs: int, num_finished: int) -> None:
        self._live = live
        self._num_jobs, self._num_finished = num_jobs, num_finished
        self._told: dict[str, dict[str, Any]] = {}

    def begin(self, job: Job) -> None:
        """Add its line."""
        self._told[job.name] = {"message": "begins", "num_steps": job.config.num_steps}
        self._draw()

    def show(self, job: Job, told: Mapping[str, Any]) -> None:
        """Change its line."""
        if "env_step" in told:
            self._told[job.name] = dict(told)
        else:
            self._told[job.name] |= told
        self._draw()

    def end(self, job: Job, failure: str | None) -> None:
        """Take its line away, and say how it ended."""
        self._told.pop(job.name, None)
        self._num_finished += failure is None
        text = ended_text(job, failure, self._num_finished, self._num_jobs)
        self._live.console.print(text, markup=False, highlight=False)
        self._draw()

    def _draw(self) -> None:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for name, told in self._told.items():
            bar = ProgressBar(told.get("num_steps", 1), told.get("env_step", 0), width=20)
            table.add_row(name, bar, progress_text(told))
        self._live.update(table, refresh=True)


@contextmanager
def open_display(num_jobs: int, num_finished: int) -> Iterator[Display]:
    """Return the display that fits where the output goes."""
    from rich.console import Console

    console = Console()
    if not (console.is_terminal and sys.stdout.isatty()):
        yield PlainDisplay(num_jobs, num_finished)
        return
    from rich.live import Live

    with Live(console=console, auto_refresh=False) as live:
        yield LiveDisplay(live, num_jobs, num_finished)


def progress_text(told: Mapping[str, Any]) -> str:
    """Return where a run stands, in one line."""
    if "env_step" not in told:
        return str(told.get("message", ""))
    parts = [f"step {told['env_step']}/{told['num_steps']}"]
    if told["evaluation"] is not None:
        parts.append(f"evaluation {told['evaluation']:.1f}")
    parts.append(f"{told['steps_per_s']:.0f} steps/s")
    parts.append(f"{time_text(told['time_left_s'])} left")
    return str(told["message"]) if "message" in told else ", ".join(parts)


def ended_text(job: Job, failure: str | None, num_finished: int, num_jobs: int) -> str:
    """Return how a run ended, and how many are done."""
    if failure is not None:
        return f"{job.name}: FAILED: {failure}"
    return f"{job.name}: finished ({num_finished} of {num_jobs})"
