"""What a sweep found: best.yaml for `surefoot train --config`, and trials.csv."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from rl_agent.data.disk import write_durably
from rl_agent.learning.run_folder import plain

from .study import OUTCOME, decode
from .sweep_folder import Sweep

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

BEST_FILE = "best.yaml"
TRIALS_FILE = "trials.csv"
MIN_FOR_IMPORTANCE = 10
"""Finished trials; fewer say nothing about what mattered."""


def best_number(study: Study) -> int | None:
    """Return the best trial's number; None before one is finished."""
    return study.best_trial.number if _finished(study) else None


def write_results(out: Path, sweep: Sweep, study: Study) -> None:
    """Replace both files by what is known now."""
    write_durably(out / TRIALS_FILE, _table(sweep, study).encode())
    if _finished(study):
        write_durably(out / BEST_FILE, _best(sweep, study.best_trial).encode())


def importances(study: Study) -> dict[str, float]:
    """Return each setting's share in what made good trials good; empty where too few finished."""
    if len(_finished(study)) < MIN_FOR_IMPORTANCE:
        return {}
    from optuna.importance import get_param_importances

    return get_param_importances(study)


def _finished(study: Study) -> list[FrozenTrial]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _best(sweep: Sweep, best: FrozenTrial) -> str:
    values = {path: decode(sweep.space[path], value) for path, value in best.params.items()}
    text = yaml.safe_dump(plain(sweep.config(values)), sort_keys=False)
    return f"# Trial {best.number} of a sweep: mean return {best.value:.6g}.\n{text}"


def _table(sweep: Sweep, study: Study) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["trial", "outcome", "mean_return", "last_step", *sweep.space])
    for trial in study.get_trials(deepcopy=False):
        outcome = trial.user_attrs.get(OUTCOME, "unfinished")
        last_step = max(trial.intermediate_values, default="")
        value = "" if trial.value is None else trial.value
        values = [trial.params.get(path, "") for path in sweep.space]
        table.writerow([trial.number, outcome, value, last_step, *values])
    return text.getvalue()
