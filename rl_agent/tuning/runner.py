"""Runs a sweep's trials, several at a time if asked, until all are done or a stop is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rl_agent.exceptions import TuningError
from rl_agent.learning.stop import StopRequest

from .results import best_number, write_results
from .study import begun_trials, finish
from .sweep_folder import Sweep
from .trial_run import NOT_FINITE, TrialRun

if TYPE_CHECKING:
    from optuna import Study

POLL_S = 0.2
MAX_FAILURES = 3
"""In a row: then it is not the settings that are at fault."""


@dataclass
class Runner:
    """Drives a study from where it stands."""

    sweep: Sweep
    out: Path
    study: Study
    num_trials: int
    say: Callable[[str], None]
    num_jobs: int = 1
    _active: list[TrialRun] = field(init=False, default_factory=list)
    _num_failures: int = field(init=False, default=0)

    def run(self, stop: StopRequest) -> bool:
        """Return True once all trials are done, False if a stop was asked for.

        Raises:
            TuningError: Several trainings in a row failed, for another reason than divergence.
        """
        try:
            return self._run(stop)
        finally:
            for run in self._active:
                run.stop()

    def _run(self, stop: StopRequest) -> bool:
        left = begun_trials(self.study)
        while not stop.is_set:
            while len(self._active) < self.num_jobs and (left or self._may_begin):
                trial = left.pop(0) if left else self.study.ask()
                self._active.append(TrialRun(self.sweep, self.out, trial))
                self.say(f"trial {trial.number}: {described(self._active[-1].values)}")
            if not self._active:
                return True
            for run in list(self._active):
                self._poll(run)
            time.sleep(POLL_S)
        return False

    @property
    def _may_begin(self) -> bool:
        return len(self.study.get_trials(deepcopy=False)) < self.num_trials

    def _poll(self, run: TrialRun) -> None:
        outcome = run.poll()
        if not outcome:
            return
        self._active.remove(run)
        value = run.value if outcome == "finished" else None
        finish(self.study, run.trial, outcome, value)
        write_results(self.out, self.sweep, self.study)
        self._tell(run, outcome, value)
        self._num_failures = self._num_failures + 1 if outcome == "failed" else 0
        if self._num_failures == MAX_FAILURES:
            raise TuningError(f"{MAX_FAILURES} trainings in a row failed; see {run.log}")

    def _tell(self, run: TrialRun, outcome: str, value: float | None) -> None:
        text = f"trial {run.trial.number} {outcome}"
        if value is not None:
            text += f", mean return {value:.1f}"
        if outcome == NOT_FINITE:
            text += ": an evaluation's return is no number"
        if outcome in ("failed", NOT_FINITE):
            text += f", see {run.log}"
        best = best_number(self.study)
        if best is not None:
            text += f"; the best is {best} with {self.study.best_value:.1f}"
        self.say(text)


def described(values: dict[str, object]) -> str:
    """Return settings in one line."""
    shown = ((path.removeprefix("agent."), value) for path, value in values.items())
    return ", ".join(f"{name} {_short(value)}" for name, value in shown)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
