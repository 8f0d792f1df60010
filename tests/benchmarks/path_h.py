"""kill -9 of the training: how much work is done twice, and is the result the same?"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most, equal
from bench.training import CLI, ENV

from rl_agent.child import Child

REDONE_S = 10.0
STEPS = 2000
TENSORS = "tensors.safetensors"
START_S = 60.0
"""How long a training may take until its first checkpoint."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield the work that was lost by each kill, and whether the weights differ in the end."""
    folder = context.folder / "training-kills"
    context.say("training without interruption …")
    started = time.monotonic()
    _finish(folder / "whole", context)
    whole_s = time.monotonic() - started
    expected = _weights(folder / "whole")
    rng = np.random.default_rng(context.seed)
    count = context.repeats(5, 2)
    lost, differing, words = [], 0, []
    for number in range(count):
        run = folder / f"killed-{number}"
        after_s = float(rng.uniform(0.15, 0.8)) * whole_s
        context.say(f"kill {number + 1} of {count}, after {after_s:.0f} s …")
        lost.append(_kill(run, after_s, context))
        stopped_at = _newest_checkpoint(run).name
        _finish(run, context)
        differing += not _equal(_weights(run), expected)
        words.append(f"{lost[-1]:.1f} s (from step {int(stopped_at)})")
    detail = f"{count} kills in {STEPS} steps: {', '.join(words)}{context.quick_words()}"
    yield at_most("path-h.redone", max(lost), REDONE_S, "s", detail)
    words_equal = f"{len(expected)} tensors: networks, optimisers, temperature; bit by bit"
    yield equal("path-h.differing", differing, 0, "runs", words_equal)


def _start(run: Path, context: Context) -> Child:
    words = ["train", "--env", ENV, "--seed", str(context.seed), "--steps", str(STEPS)]
    command = [*CLI, *words, "--out", str(run), "--resume"]
    return Child(command, log=context.folder / "logs" / f"{run.name}.log")


def _finish(run: Path, context: Context) -> None:
    child = _start(run, context)
    status = child.wait()
    child.kill()
    if status != 0:
        raise RuntimeError(f"training ended with status {status}\n{child.last_words()}")


def _kill(run: Path, after_s: float, context: Context) -> float:
    """Kill a training some time after it began to write; return the seconds of lost work."""
    child = _start(run, context)
    deadline_s = time.monotonic() + START_S
    while not list((run / "checkpoints").glob("[0-9]*")):
        if child.status is not None or time.monotonic() > deadline_s:
            child.kill()
            raise RuntimeError(f"training wrote no checkpoint\n{child.last_words()}")
        time.sleep(0.05)
    child.wait(after_s)
    if child.status is not None:
        raise RuntimeError(f"training ended before it could be killed\n{child.last_words()}")
    killed_s = time.time()
    child.kill()
    assert child.status == -signal.SIGKILL
    return killed_s - (_newest_checkpoint(run) / TENSORS).stat().st_mtime


def _newest_checkpoint(run: Path) -> Path:
    return max((run / "checkpoints").glob("[0-9]*"), key=lambda path: int(path.name))


def _weights(run: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return dict(load_file(_newest_checkpoint(run) / TENSORS))


def _equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    # As bytes: equal numbers with another sign of zero would be another result.
    return one.keys() == other.keys() and all(
        one[name].tobytes() == other[name].tobytes() for name in one
    )
