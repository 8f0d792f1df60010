"""What the results say: a row per task, label and number of steps, and all tasks together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from rl_agent.learning.training_time import CPU, WALL
from rl_agent.types import FloatArray

from .published import scale_of
from .results import EVALUATION, FINAL, Line
from .statistics import Interval, bootstrap_interval, interquartile_mean, mean

BOOTSTRAP_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Statistics of a number of runs."""

    mean: float
    mean_interval: Interval | None
    """None below two seeds."""
    iqm: float
    iqm_interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """The last evaluations of one label on one task."""

    env: str
    label: str
    algo: str
    env_step: int
    returns: tuple[float, ...]
    """One per seed: the mean over that run's last episodes."""
    num_episodes: tuple[int, ...]
    """Per run; more than one number where sittings differed."""
    figures: Figures
    cpu_s: float
    """Mean over seeds, for training alone."""
    wall_s: float
    commits: tuple[str, ...]
    schedule_ends: tuple[int, ...]
    """Steps by which runs that were made longer had their lowest learning rates."""


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """One label over several tasks, in units of their scales."""

    label: str
    env_step: int
    envs: tuple[str, ...]
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How one label learned on one task."""

    env: str
    label: str
    env_steps: tuple[int, ...]
    returns: FloatArray
    """(seeds, steps)"""

    def middle(self) -> tuple[list[float], list[Interval | None]]:
        """Return interquartile mean and interval per step."""
        columns = [figures([column]) for column in self.returns.T]
        return [column.iqm for column in columns], [column.iqm_interval for column in columns]


def figures(groups: Sequence[FloatArray]) -> Figures:
    """Return the statistics of all groups' values; a group is a task, (seeds,)."""
    pooled = np.concatenate(groups)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return Figures(
        mean=float(mean(pooled)),
        mean_interval=bootstrap_interval(groups, mean, rng),
        iqm=float(interquartile_mean(pooled)),
        iqm_interval=bootstrap_interval(groups, interquartile_mean, rng),
    )


def summarize(lines: Iterable[Line]) -> list[Row]:
    """Return the rows, by task, steps and label."""
    groups: dict[tuple[str, int, str], dict[int, Line]] = {}
    for line in lines:
        if line["kind"] == FINAL and _has_return(line):
            # Of one seed the newest line counts: a run may have been done again with other code.
            place = groups.setdefault((line["env"], line["env_step"], line["label"]), {})
            place[line["seed"]] = line
    return [_row(list(groups[key].values())) for key in sorted(groups)]


def aggregate(rows: Sequence[Row]) -> list[Aggregate]:
    """Return each label over the tasks that have a scale, for each number of steps.

    Labels are compared on the same tasks: those that all of them have been run on. One task alone
    has its row already.
    """
    found = []
    for env_step in sorted({row.env_step for row in rows}):
        known = [row for row in rows if row.env_step == env_step and scale_of(row.env)]
        labels = sorted({row.label for row in known})
        envs = _common_envs(known, labels)
        if len(envs) > 1:
            found += [_aggregate(known, label, env_step, envs) for label in labels]
    return found


def curves(lines: Iterable[Line]) -> list[Curve]:
    """Return the learning curves, by task and label, at the steps that all seeds have."""
    groups: dict[tuple[str, str], dict[int, dict[int, float]]] = {}
    for line in lines:
        if line["kind"] == EVALUATION and _has_return(line):
            seeds = groups.setdefault((line["env"], line["label"]), {})
            seeds.setdefault(line["seed"], {})[line["env_step"]] = line["mean_return"]
    found = []
    for (env, label), seeds in sorted(groups.items()):
        steps = sorted(set.intersection(*(set(points) for points in seeds.values())))
        if steps:
            returns = np.array([[points[step] for step in steps] for points in seeds.values()])
            found.append(Curve(env=env, label=label, env_steps=tuple(steps), returns=returns))
    return found


def _has_return(line: Line) -> bool:
    """Tell whether a line has a return that is a number: a run may have come to none."""
    return isfinite(line.get("mean_return", nan))


def _row(lines: Sequence[Line]) -> Row:
    first = lines[0]
    returns = np.array([line["mean_return"] for line in lines])
    return Row(
        env=first["env"],
        label=first["label"],
        algo=first["algo"],
        env_step=first["env_step"],
        returns=tuple(float(value) for value in returns),
        num_episodes=tuple(sorted({line["num_episodes"] for line in lines})),
        figures=figures([returns]),
        cpu_s=float(np.mean([line[CPU] for line in lines])),
        wall_s=float(np.mean([line[WALL] for line in lines])),
        commits=tuple(sorted({line["commit"] for line in lines})),
        schedule_ends=tuple(sorted({end for line in lines if (end := line.get("schedule_end"))})),
    )


def _common_envs(rows: Sequence[Row], labels: Sequence[str]) -> tuple[str, ...]:
    per_label = [{row.env for row in rows if row.label == label} for label in labels]
    return tuple(sorted(set.intersection(*per_label))) if per_label else ()


def _aggregate(rows: Sequence[Row], label: str, env_step: int, envs: tuple[str, ...]) -> Aggregate:
    groups = [
        np.array([scale.normalize(value) for value in row.returns])
        for row in rows
        if row.label == label and row.env in envs and (scale := scale_of(row.env)) is not None
    ]
    return Aggregate(label=label, env_step=env_step, envs=envs, figures=figures(groups))
