"""A trial under way: its trainings one after the other, watched through their run folders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rl_agent.child import Child
from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.run_folder import holds_run, write_config

from .study import draw_values
from .sweep_folder import Sweep, run_dir
from .worker import DIVERGED

if TYPE_CHECKING:
    from optuna import Trial

NUM_LAST = 2
"""Evaluations at a training's end whose mean return counts: one alone is a matter of luck."""
MAX_ATTEMPTS = 2
"""A training that was killed, by the system for memory say, is gone on with once."""
NOT_FINITE = "not finite"
"""How a trial ended of which an evaluation's return is no number."""
STOP_S = 10.0
"""A training that was asked to stop ends within three."""


@dataclass
class TrialRun:
    """Runs one trial; `poll` says how it ended."""

    sweep: Sweep
    out: Path
    trial: Trial
    values: dict[str, Any] = field(init=False)
    """What is tried, by dotted path."""
    child: Child | None = field(init=False, default=None)
    _seed_index: int = field(init=False, default=0)
    _num_attempts: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.values = draw_values(self.trial, self.sweep.space)
        self._start()

    @property
    def log(self) -> Path:
        """Where the present training says what goes on."""
        folder = run_dir(self.out, self.trial.number, self._seed_index)
        return folder.with_name(folder.name + ".log")

    @property
    def value(self) -> float:
        """Mean over seeds of the mean return in the last evaluations; nan if there was none."""
        indices = range(self.sweep.num_seeds)
        returns = [[r for _, r in self._evaluations(index)][-NUM_LAST:] for index in indices]
        return float(np.mean([np.mean(last) if last else np.nan for last in returns]))

    def poll(self) -> str:
        """Report what is new; return how the trial ended, empty while it runs."""
        status = self.child.status if self.child is not None else None
        evaluations = self._evaluations(self._seed_index)
        if not np.isfinite([mean_return for _, mean_return in evaluations]).all():
            self.stop()
            return NOT_FINITE
        self._report(evaluations)
        if self.trial.should_prune():
            self.stop()
            return "pruned"
        return "" if status is None else self._go_on(status)

    def stop(self) -> None:
        """End the training under way, with a whole checkpoint."""
        if self.child is not None:
            self.child.stop(STOP_S)

    def _go_on(self, status: int) -> str:
        self.stop()  # closes the log
        if status == 0:
            self._seed_index += 1
            self._num_attempts = 0
            if self._seed_index == self.sweep.num_seeds:
                return "finished" if np.isfinite(self.value) else "failed"
        elif status > 0 or self._num_attempts == MAX_ATTEMPTS:
            return "diverged" if status == DIVERGED else "failed"
        self._start()
        return ""

    def _start(self) -> None:
        folder = run_dir(self.out, self.trial.number, self._seed_index)
        if not holds_run(folder):
            write_config(folder, self.sweep.config(self.values, self._seed_index))
        self._num_attempts += 1
        command = [sys.executable, "-m", "rl_agent.tuning.worker", str(folder)]
        self.child = Child(command, log=self.log)

    def _report(self, evaluations: Sequence[tuple[int, float]]) -> None:
        """Tell Optuna each evaluation once; those of a second seed follow on the first's."""
        trials = self.trial.study.get_trials(deepcopy=False)
        known = trials[self.trial.number].intermediate_values
        offset = self._seed_index * self.sweep.base.num_steps
        for env_step, mean_return in evaluations:
            if offset + env_step not in known:
                self.trial.report(mean_return, offset + env_step)

    def _evaluations(self, seed_index: int) -> list[tuple[int, float]]:
        """Return (env_step, mean return); nan where the metrics left it out as no number."""
        lines = read_metrics(run_dir(self.out, self.trial.number, seed_index))
        evaluations = (line for line in lines if line["kind"] == "evaluation")
        return [(line["env_step"], line.get("mean_return", np.nan)) for line in evaluations]
