"""Is it the same policy everywhere? torch in the twin, ONNX in the twin, ONNX over ROS 2."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most, reported
from bench.training import CLI

SUCCESS_POINTS = 5.0
TIME_PERCENT = 10.0
PARITY = 1e-5
NUM_OBSERVATIONS = 2000


@dataclass(frozen=True)
class Outcome:
    """One way of running the policy."""

    success_percent: float
    median_time_s: float


def measure(context: Context) -> Iterator[Figure]:
    """Yield the spread over the three ways, and how far ONNX is from torch."""
    count = context.repeats(100, 20)
    driven = context.reaches("policy", count).series
    outcomes = {
        "torch in the twin": _in_twin(context, context.trained.run, "torch", count),
        "ONNX in the twin": _in_twin(context, context.trained.bundle, "onnx", count),
        "ONNX over ROS": Outcome(100.0 * driven.success_share, driven.median_time_s or np.nan),
    }
    words = "; ".join(
        f"{name}: {o.success_percent:g} %, {o.median_time_s:.3f} s" for name, o in outcomes.items()
    )
    detail = f"{words}; the same {count} targets{context.quick_words('fewer targets')}"
    success = [outcome.success_percent for outcome in outcomes.values()]
    times = [outcome.median_time_s for outcome in outcomes.values()]
    points = max(success) - min(success)
    yield at_most("path-c.success_spread", points, SUCCESS_POINTS, "points", detail)
    spread = 100.0 * (max(times) / min(times) - 1.0)
    yield at_most("path-c.time_spread", spread, TIME_PERCENT, "%", detail)
    parity = _parity(context)
    words = f"largest difference of mean and log_std over {NUM_OBSERVATIONS} observations"
    yield at_most("path-c.parity", parity["outputs"], PARITY, "", f"{words}, relative above 1")
    yield reported("path-c.action_parity", parity["action"], "", "of the actions in [-1, 1]")


def _in_twin(context: Context, policy: Path, backend: str, count: int) -> Outcome:
    context.say(f"{backend} in the twin: {count} targets …")
    file = context.folder / f"eval-{backend}.json"
    words = ["eval", policy, "--backend", backend, "--episodes", str(count)]
    words += ["--seed", str(context.target_seed), "--json", file]
    subprocess.run([*CLI, *words], check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    figures = json.loads(file.read_text(encoding="utf-8"))
    return Outcome(100.0 * figures["success_rate"], figures["median_time_s"] or float("nan"))


def _parity(context: Context) -> dict[str, float]:
    # In a process of its own: torch stays out of the one that times things.
    script = Path(__file__).parent / "bench/parity.py"
    words = [context.trained.run, context.trained.bundle, str(NUM_OBSERVATIONS)]
    done = subprocess.run([sys.executable, script, *words], check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))
