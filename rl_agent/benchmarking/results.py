"""`results.jsonl`: a line per run and evaluation, appended once, over several sittings.

A line's key is code version, label, environment, seed, kind, step and number of episodes; what is
there already is not appended again, so that a kill in between loses and doubles nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rl_agent.learning.metrics import read_metrics
from rl_agent.learning.resolve import schedule_end
from rl_agent.learning.run_folder import plain, read_config
from rl_agent.learning.training_time import CPU, WALL

from .final_file import read_final
from .job import Job

RESULTS_FILE = "results.jsonl"
KEY = ("commit", "label", "env", "seed", "kind", "env_step", "num_episodes")
EVALUATION, FINAL = "evaluation", "final"
_FIGURES = ("env_step", "mean_return", "success_rate", "num_episodes", CPU, WALL)

Line = dict[str, Any]


def run_lines(job: Job) -> list[Line]:
    """Return the lines of a finished run: its evaluations on the way, and the last one.

    The last one also holds the run's settings, and `schedule_end`: where the run was made longer,
    the step by which learning rates and the like had run their course.
    """
    final = read_final(job.run_dir)
    if final is None:
        return []
    config = job.config
    about = {
        "commit": final["commit"],
        "hardware": final["hardware"],
        "label": job.label,
        "algo": config.algo,
        "env": config.env,
        "seed": config.seed,
    }
    metrics = [line for line in read_metrics(job.run_dir) if line["kind"] == EVALUATION]
    lines = [{"kind": EVALUATION, **about, **_figures(line)} for line in metrics]
    own = read_config(job.run_dir)
    end = {"schedule_end": schedule_end(config, own), "settings": plain(own)}
    return [*lines, {"kind": FINAL, **about, **_figures(final), **end}]


def read_results(out: Path) -> list[Line]:
    """Return all lines in order; an unfinished last one is left out."""
    path = out / RESULTS_FILE
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def append_results(out: Path, lines: Iterable[Line]) -> None:
    """Append what is not there yet, durably; an unfinished last line is dropped first."""
    known = {_key(line) for line in read_results(out)}
    fresh = [line for line in lines if _key(line) not in known]
    with (out / RESULTS_FILE).open("ab") as file:
        file.truncate(_whole_size(out / RESULTS_FILE))
        file.write(b"".join(json.dumps(line).encode() + b"\n" for line in fresh))
        file.flush()
        os.fsync(file.fileno())


def _figures(line: Line) -> Line:
    return {name: line[name] for name in _FIGURES if line.get(name) is not None}


def _key(line: Line) -> tuple[Any, ...]:
    return tuple(line[name] for name in KEY)


def _whole_size(path: Path) -> int:
    """Return the length [bytes] of a file's whole lines."""
    return path.read_bytes().rfind(b"\n") + 1
