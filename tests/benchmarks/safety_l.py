"""Would the tests notice? Every comparison, sign and bound of the gate's code, mistaken once.

Each mutant meets its module's own tests first, and what survives them all quick tests of the room.
Mutants that compute the same as the code are named in `bench/equivalents.py`, with the reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench.context import Context
from bench.equivalents import EQUIVALENT
from bench.figure import Figure, equal, reported
from bench.mutation import Mutant, mutants

ROOT = Path(__file__).parents[2]
ROOM = Path("rl_agent/safety")
TESTS = Path("tests/safety")
WORKER = Path(__file__).parent / "bench" / "mutation_worker.py"
NUM_PROCESSES = 2
SAY_S = 20.0
ALL_S = 300.0
"""For the room's tests without a mistake."""
QUICK_SHARE = 0.05
REPORTING = ("__init__", "coupled_limit", "monitor", "signals", "tally", "leaning")
"""Modules that limit and watch nothing: they count, or only name things."""
OTHER_TESTS = {
    "acceleration_limit": ("limits", "limits_exactly"),
    "velocity_limit": ("limits", "limits_exactly", "velocity_curve"),
    "position_limit": ("limits", "limits_exactly"),
    "limit": ("limits", "limits_exactly"),
    "horizon_limit": ("predictive_check",),
    "approach_speed": ("coupled_limits",),
    "barrier": ("coupled_limits",),
    "effort_limit": ("coupled_limits",),
    "self_distance_limit": ("coupled_limits",),
    "workspace_limit": ("coupled_limits",),
    "safety_filter": ("coupled_limits",),
    "jerk_stop": ("jerk_limit",),
    "follower": ("gate_motion", "gate_restore", "speed_scale"),
    "latency": ("gate_monitors", "gate_watchdogs"),
    "monitors": ("gate_monitors",),
    "permission": ("gate_states", "gate_watchdogs"),
    "standstill": ("stop_mode",),
    "supervision": ("gate_watchdogs", "gate_monitors", "gate_states"),
    "gate": (
        "gate_ticks_exactly",
        "gate_states",
        "gate_watchdogs",
        "gate_proposals",
        "gate_motion",
        "gate_restore",
    ),
}
"""Where a module's tests are, beside test_MODULE.py and test_MODULE_exactly.py."""
TOO_LONG = (
    "hundred_thousand",
    "nothing_but_finite",
    "braking_interrupts",
    "storm_of_ticks",
    "tick_is_cheap",
)
"""Tests that take seconds, or measure time."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield how many mistakes no test noticed, and which."""
    started = time.monotonic()
    every = [mutant for path in modules() for mutant in mutants_of(path)]
    names = {mutant.name for mutant in every}
    chosen = [mutant for mutant in every if mutant.name not in EQUIVALENT]
    if context.quick:
        rng = np.random.default_rng(context.seed)
        chosen = [mutant for mutant in chosen if rng.random() < QUICK_SHARE]
    _insist_on_passing(own_tests("gate") + all_tests())
    context.say(f"{len(chosen)} mutants, {NUM_PROCESSES} at a time …")
    survivors = _survivors(context, chosen, own=True)
    context.say(f"{len(survivors)} survived their module's tests; they meet the room's …")
    survivors = _survivors(context, survivors, own=False)
    quick = context.quick_words("a sample of the mutants")
    listed = "; ".join(f"line {mutant.line} of {mutant.name}" for mutant in survivors)
    yield equal("safety-l.survivors", len(survivors), 0, "mutants", listed + quick)
    yield reported(
        "safety-l.mutants", len(chosen), "mutants", f"of {len(modules())} modules{quick}"
    )
    same = sorted(name for name in EQUIVALENT if name in names)
    reasons = "; ".join(f"{name}: {EQUIVALENT[name]}" for name in same)
    yield reported("safety-l.equivalent", len(same), "mutants", reasons)
    unknown = sorted(set(EQUIVALENT) - names)
    yield equal("safety-l.unknown", len(unknown), 0, "entries that fit no code", "; ".join(unknown))
    yield reported("safety-l.seconds", time.monotonic() - started, "s")


def modules() -> list[Path]:
    """Return the files whose mistakes tests must notice, relative to the tree."""
    paths = sorted((ROOT / ROOM).glob("*.py"))
    return [ROOM / path.name for path in paths if path.stem not in REPORTING]


def mutants_of(path: Path) -> list[Mutant]:
    """Return all mutants of a file."""
    return list(mutants(str(path), (ROOT / path).read_text(encoding="utf-8")))


def own_tests(module: str) -> list[str]:
    """Return a module's test files, those that tell most first."""
    names = [f"{module}_exactly", module, *OTHER_TESTS.get(module, ())]
    if module.endswith("_monitor"):
        names.append("gate_monitors")
    paths = [TESTS / f"test_{name}.py" for name in names]
    return [str(path) for path in paths if (ROOT / path).exists()]


def all_tests() -> list[str]:
    """Return all test files of the room."""
    return sorted(str(TESTS / path.name) for path in (ROOT / TESTS).glob("test_*.py"))


def _survivors(context: Context, chosen: Sequence[Mutant], *, own: bool) -> list[Mutant]:
    said_s, survivors, outcomes = time.monotonic(), [], Counter[str]()
    jobs = [_job(m, own_tests(Path(m.path).stem) if own else all_tests()) for m in chosen]
    for count, answer in enumerate(_run(jobs), 1):
        mutant, outcome = chosen[answer["index"]], answer["outcome"]
        if outcome.startswith("broken"):
            raise RuntimeError(f"pytest could not judge {mutant.name}: {outcome}")
        outcomes[outcome] += 1
        if outcome == "survived":
            survivors.append(mutant)
        if time.monotonic() - said_s > SAY_S:
            said_s = time.monotonic()
            context.say(f"{count} of {len(chosen)}, {len(survivors)} survived so far …")
    context.say(", ".join(f"{number} {outcome}" for outcome, number in outcomes.items()))
    return survivors


def _job(mutant: Mutant, tests: Sequence[str]) -> dict[str, Any]:
    module = mutant.path.removesuffix(".py").replace("/", ".")
    return {
        "module": module,
        "path": mutant.path,
        "source": mutant.source,
        "tests": [*tests, "-k", f"not ({' or '.join(TOO_LONG)})"],
    }


def _insist_on_passing(tests: Sequence[str]) -> None:
    """Insist that all is well without a mistake; otherwise everything would count as noticed.

    Raises:
        RuntimeError: It is not.
    """
    job = _job(Mutant("none.py", 0, "none", ""), tests)
    job |= {"source": None, "time_limit_s": ALL_S}
    outcomes = [answer["outcome"] for answer in _run([job])]
    if outcomes != ["survived"]:
        raise RuntimeError(f"the tests do not pass as they are: {outcomes}")


def _run(jobs: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the workers' answers as they come."""
    if not jobs:
        return
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(NUM_PROCESSES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        with process.stdin as pipe:
            pipe.writelines(json.dumps(job) + "\n" for job in jobs)
        for line in process.stdout:
            yield json.loads(line)
    finally:
        process.kill()
        process.wait()
