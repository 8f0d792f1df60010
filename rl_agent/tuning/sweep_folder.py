"""A sweep's folder: sweep.yaml, study.journal, trials/0007, best.yaml, trials.csv."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from rl_agent.data.disk import write_durably
from rl_agent.data.folder_lock import hold_folder
from rl_agent.exceptions import Problem, ProblemsError, TuningError
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.run_folder import check_version, plain, to_plain
from rl_agent.robots.profile import read_yaml

from .space import Space, parse_space, space_to_plain, with_values

SCHEMA_VERSION = 1
SWEEP_FILE = "sweep.yaml"
JOURNAL_FILE = "study.journal"
MIN_EVALUATIONS = 5
"""Of each training, or nothing could be pruned before its end."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What is tried, and how often."""

    base: TrainConfig
    """What all trainings share."""
    space: Space
    num_seeds: int = 1
    """Trainings of each trial, with seeds `base.seed`, `base.seed` + 1 and so on."""

    def config(self, values: dict[str, Any], seed_index: int = 0) -> TrainConfig:
        """Return the settings of one training; `values` by dotted path."""
        config = parse_config(with_values(plain(self.base), values), "trial")
        return replace(config, seed=self.base.seed + seed_index)


def with_evaluations(config: TrainConfig) -> TrainConfig:
    """Return settings under which at least `MIN_EVALUATIONS` evaluations are made."""
    every = max(1, min(config.evaluation.every, config.num_steps // MIN_EVALUATIONS))
    first = min(config.evaluation.first, config.num_steps // 2)
    return replace(config, evaluation=replace(config.evaluation, every=every, first=first))


def run_dir(out: Path, number: int, seed_index: int = 0) -> Path:
    """Return the folder of one training, a run like any other: trials/0007, trials/0007-seed1."""
    suffix = f"-seed{seed_index}" if seed_index else ""
    return out / "trials" / f"{number:04d}{suffix}"


def holds_sweep(out: Path) -> bool:
    """Tell whether a sweep was begun here."""
    return (out / SWEEP_FILE).exists()


def write_sweep(out: Path, sweep: Sweep) -> None:
    """Note what is tried, before the first trial."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "num_seeds": sweep.num_seeds,
        "space": to_plain(space_to_plain(sweep.space)),
        "train": plain(sweep.base),
    }
    write_durably(out / SWEEP_FILE, yaml.safe_dump(document, sort_keys=False).encode())


def read_sweep(out: Path) -> Sweep:
    """Return what was begun here.

    Raises:
        ProblemsError: There is no sweep, or its file does not hold.
    """
    path = out / SWEEP_FILE
    if not path.exists():
        message = "there is no sweep here; begin one without --resume"
        raise ProblemsError(str(out), [Problem(SWEEP_FILE, message)])
    document = read_yaml(path)
    check_version(document, SCHEMA_VERSION, path)
    base = parse_config(document.get("train"), str(path))
    space = parse_space(document.get("space"), plain(base), str(path))
    return Sweep(base=base, space=space, num_seeds=int(document.get("num_seeds", 1)))


@contextmanager
def sole_owner(out: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it when the process ends, however it ends.

    Raises:
        TuningError: Another process holds it.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)

    def busy(holder: str) -> TuningError:
        return TuningError(f"{out}: another `surefoot tune` is at work here ({holder})")

    with hold_folder(out, busy):
        yield
