"""Trainings that take minutes to hours: run once, recorded line by line, found again by `--from`.

A finished run is a few lines of `results.jsonl`, each with its commit and machine; an unfinished
one of ours goes on where it was, in the same `--out`, the peer's begins again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.context import Context

from rl_agent.benchmarking.code_version import code_version
from rl_agent.benchmarking.job import Job, write_job
from rl_agent.benchmarking.results import append_results, read_results, run_lines
from rl_agent.child import Child
from rl_agent.learning.config import TrainConfig
from rl_agent.reporting.machine import describe_machine

PEER = "stable-baselines3"
PEER_EPISODES = 10
Line = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """A policy on the way, or at the end."""

    env_step: int
    mean_return: float
    cpu_s: float
    """Of training until then."""


@dataclass(frozen=True)
class Curve:
    """One run's points in order, and what it was made with."""

    points: Sequence[Point]
    commit: str

    def first_above(self, level: float) -> Point | None:
        """Return the first point that reaches a return."""
        return next((point for point in self.points if point.mean_return >= level), None)

    @property
    def last(self) -> Point:
        """The point at its end."""
        return self.points[-1]


@dataclass
class LongRuns:
    """Runs of one call, and those that `--from` names."""

    context: Context
    _known: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._folder = self.context.folder / "long"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known = read_results(self._folder)
        if self.context.source is not None:
            self._known += _read(self.context.source)

    def ours(self, label: str, config: TrainConfig, final_episodes: int) -> Curve:
        """Return one of our runs, done now if nobody did it."""
        return self._recall(label, config) or self._finish(
            self.begin(label, config, final_episodes)
        )

    def pair(self, label: str, config: TrainConfig, final_episodes: int) -> tuple[Curve, Curve]:
        """Return our run and the peer's, side by side: whatever slows one slows the other."""
        ours, peer = self._recall(label, config), self._recall(PEER, config)
        if ours and peer:
            return ours, peer
        self.context.say(f"{label} and {PEER}, {config.env}, seed {config.seed} …")
        job, started = self.begin(label, config, final_episodes)
        lines = self._peer(config)
        ours = self._finish((job, started))
        self._keep(lines)
        return ours, _curve(lines)

    def begin(self, label: str, config: TrainConfig, final_episodes: int) -> tuple[Job, Child]:
        """Start a worker on a run, or on the rest of one."""
        place = self._folder / "runs" / label / config.env / f"seed-{config.seed}"
        job = Job(label=label, config=config, final_episodes=final_episodes, run_dir=place)
        write_job(job)
        command = [sys.executable, "-m", "rl_agent.benchmarking.worker", str(place)]
        return job, Child(command, log=place / "told.jsonl")

    def _finish(self, begun: tuple[Job, Child]) -> Curve:
        job, child = begun
        if child.wait() != 0:
            raise RuntimeError(f"{job.name} failed; see {job.run_dir}")
        lines = run_lines(job)
        self._keep(lines)
        return _curve(lines)

    def _peer(self, config: TrainConfig) -> list[Line]:
        script = Path(__file__).with_name("peer_training.py")
        arguments = [config.env, config.seed, config.num_steps, config.evaluation.every]
        command = [sys.executable, str(script), *map(str, arguments)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        about = {
            "commit": code_version(),
            "hardware": describe_machine()["processor"],
            "label": PEER,
            "algo": "sac",
            "env": config.env,
            "seed": config.seed,
            "num_episodes": PEER_EPISODES,
        }
        found = [{**about, **json.loads(line)} for line in printed.splitlines()]
        kinds = ["evaluation"] * (len(found) - 1) + ["final"]
        return [{"kind": kind, **line} for kind, line in zip(kinds, found, strict=True)]

    def _keep(self, lines: list[Line]) -> None:
        append_results(self._folder, lines)
        self._known += lines

    def _recall(self, label: str, config: TrainConfig) -> Curve | None:
        same = (label, config.env, config.seed)
        lines = [x for x in self._known if (x["label"], x["env"], x["seed"]) == same]
        ends = [x for x in lines if x["kind"] == "final" and x["env_step"] >= config.num_steps]
        if not ends:
            return None
        commit = ends[-1]["commit"]
        return _curve([x for x in lines if x["commit"] == commit])


def _curve(lines: Sequence[Line]) -> Curve:
    """Keep one point per step; at the last, that of the final evaluation's fixed start states."""
    points = {
        line["env_step"]: Point(line["env_step"], line["mean_return"], line["cpu_s"])
        for line in sorted(lines, key=lambda line: line["kind"] == "final")
    }
    return Curve([points[step] for step in sorted(points)], lines[-1]["commit"])


def _read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
