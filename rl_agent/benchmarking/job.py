"""One run of a benchmark: a training's folder with what was asked for beside it, in `job.json`.

The file is what a worker process reads, and what a later sitting compares its wishes with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rl_agent.data.disk import write_durably
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.learning.config import TrainConfig
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.run_folder import plain

SCHEMA_VERSION = 1
JOB_FILE = "job.json"
# How a policy is looked at, which changes nothing in how it learns.
_LOOKS = ("every", "first", "num_episodes", "num_confirm")
_FREE = ("final_episodes", *(f"train.evaluation.{name}" for name in _LOOKS))


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training to its end, and a last evaluation."""

    label: str
    """What the table calls it: the algorithm, and the settings file where there are several."""
    config: TrainConfig
    final_episodes: int
    run_dir: Path

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.label} {self.config.env} seed {self.config.seed}"


def write_job(job: Job) -> None:
    """Note what is asked for; more steps than before make a run longer.

    Raises:
        ProblemsError: The folder holds a run with other settings.
    """
    path = job.run_dir / JOB_FILE
    wanted = _to_json(job)
    if path.exists():
        _check_same(job.run_dir, json.loads(path.read_text(encoding="utf-8")), wanted)
    job.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, json.dumps(wanted).encode())


def read_job(run_dir: Path) -> Job:
    """Return what `write_job` noted.

    Raises:
        ProblemsError: It does not hold.
    """
    path = run_dir / JOB_FILE
    document = json.loads(path.read_text(encoding="utf-8"))
    return Job(
        label=document["label"],
        config=parse_config(document["train"], str(path)),
        final_episodes=document["final_episodes"],
        run_dir=run_dir,
    )


def _to_json(job: Job) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "label": job.label,
        "final_episodes": job.final_episodes,
        "train": plain(job.config),
    }


def _check_same(run_dir: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    before, now = dict(_leaves(old)), dict(_leaves(new))
    if before.get("train.num_steps", 0) <= now["train.num_steps"]:
        before["train.num_steps"] = now["train.num_steps"]
    for key in _FREE:
        before[key] = now[key]
    problems = [
        Problem(key, f"was {before.get(key)!r}, not {now.get(key)!r}; take another --out")
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
    ]
    if problems:
        raise ProblemsError(f"{run_dir} was begun with other settings", problems)


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
