"""The sweep's memory: Optuna's study in an append-only file that survives a kill at any moment.

One process writes it. Each record is on the disk before the next step is taken.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rl_agent.exceptions import TuningError

from .space import Range, Space
from .sweep_folder import JOURNAL_FILE, Sweep

if TYPE_CHECKING:
    from optuna import Study, Trial

STARTUP_TRIALS = 5
"""No trial is pruned before this many were finished."""
WARMUP_SHARE = 1 / 3
"""Of a training's steps, before which none is pruned: early returns say little."""
OUTCOME = "outcome"


def require_optuna() -> None:
    """Make sure that Optuna is there.

    Raises:
        TuningError: It is not; says what to install.
    """
    try:
        import optuna
    except ImportError as error:
        raise TuningError("a sweep needs Optuna: pip install 'surefoot[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_study(out: Path, sweep: Sweep) -> Study:
    """Return the study in `out`, new or as it was left; the caller is the folder's sole owner."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    path = out / JOURNAL_FILE
    _mend(path)
    storage = JournalStorage(JournalFileBackend(str(path)))
    study = optuna.create_study(
        storage=storage, study_name="sweep", direction="maximize", load_if_exists=True
    )
    # What has been drawn so far must not be drawn again after a resume.
    seed = sweep.base.seed + len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    study.pruner = optuna.pruners.MedianPruner(
        n_startup_trials=STARTUP_TRIALS, n_warmup_steps=round(WARMUP_SHARE * sweep.base.num_steps)
    )
    return study


def begun_trials(study: Study) -> list[Trial]:
    """Return the trials that a stop or a kill left unfinished, to go on with."""
    import optuna

    states = (optuna.trial.TrialState.RUNNING,)
    left = study.get_trials(deepcopy=False, states=states)
    return [optuna.trial.Trial(study, frozen._trial_id) for frozen in left]


def draw_values(trial: Trial, space: Space) -> dict[str, Any]:
    """Return a trial's values by path; those that it has already are not drawn again."""
    return {path: _draw(trial, path, dimension) for path, dimension in space.items()}


def finish(study: Study, trial: Trial, outcome: str, value: float | None = None) -> None:
    """Close a trial: with its value if "finished", else "pruned", "diverged", "failed" and so on.

    What diverged, or came to no number, counts as pruned, so that the sampler learns to stay away
    from there.
    """
    from optuna.trial import TrialState

    trial.set_user_attr(OUTCOME, outcome)
    states = {"finished": TrialState.COMPLETE, "failed": TrialState.FAIL}
    study.tell(trial, value, state=states.get(outcome, TrialState.PRUNED))


def decode(dimension: Any, value: Any) -> Any:
    """Return the setting that Optuna's parameter stands for."""
    return value if isinstance(dimension, Range) else json.loads(value)


def _draw(trial: Trial, path: str, dimension: Any) -> Any:
    if not isinstance(dimension, Range):
        # Optuna's choices are plain values; ours may be lists.
        texts = [json.dumps(choice) for choice in dimension.choices]
        return json.loads(trial.suggest_categorical(path, texts))
    if dimension.integer:
        return trial.suggest_int(path, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(path, dimension.low, dimension.high, log=dimension.log)


def _mend(path: Path) -> None:
    """Drop what a kill left half written; Optuna would stumble over it at the next record."""
    path.with_name(path.name + ".lock").unlink(missing_ok=True)
    if path.exists():
        data = path.read_bytes()
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
