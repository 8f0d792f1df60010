"""Writes checkpoints or a journal without end, and tells what is safe: to be killed in the middle.

`python -m surefoot_nodes.faults.saver checkpoint FOLDER`; each line that it prints is a number that
must be there afterwards, whatever happens.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rl_agent.data.layout import TransitionLayout
from rl_agent.types import Transition

NUM_VALUES = 100_000
"""In a checkpoint: 400 kB, so that a kill falls into the middle of it."""
LAYOUT = TransitionLayout(obs_dim=8, act_dim=2)
FULL_BYTES = 60_000


def transition(number: int) -> Transition:
    """Return a row whose every number is `number`."""
    obs, action = np.full(8, number, np.float32), np.zeros(2, np.float32)
    nothing = np.zeros(0, np.float32)
    return Transition(
        obs=obs,
        action=action,
        applied_action=action,
        previous_action=action,
        reward=float(number),
        terminated=False,
        truncated=False,
        next_obs=obs,
        context=nothing,
        next_context=nothing,
        goal=nothing,
    )


def save_checkpoints(folder: Path) -> None:
    """Save, print the step, and so on."""
    from rl_agent.learning.checkpoint import prune_checkpoints, save_checkpoint, step_name

    step = 0
    while True:
        step += 1
        tensors = {"actor.weight": np.full(NUM_VALUES, step, np.float32)}
        save_checkpoint(folder, step_name(step), env_step=step, values={"n": step}, tensors=tensors)
        print(step, flush=True)
        prune_checkpoints(folder)


def append_journal(folder: Path) -> None:
    """Append, print the number of rows, and so on."""
    from rl_agent.data.journal import JournalWriter

    journal = JournalWriter(folder, LAYOUT)
    number = journal.offset.num_records
    while True:
        journal.append(transition(number))
        number += 1
        print(number, flush=True)


def fill_disk(folder: Path) -> None:
    """Append until no file may grow any more, tell it, and go on once there is room again."""
    from rl_agent.data.journal import JournalWriter
    from rl_agent.exceptions import JournalError

    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, most))
    journal = JournalWriter(folder, LAYOUT)
    number = 0
    with contextlib.suppress(JournalError):
        while True:
            journal.append(transition(number))
            number += 1
    print("full", number, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    for _ in range(10):
        journal.append(transition(number))
        number += 1
    journal.close()
    print("done", number, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until killed, or until the disk was full and is not any more."""
    what, folder = sys.argv[1:] if arguments is None else arguments
    jobs = {"checkpoint": save_checkpoints, "journal": append_journal, "full": fill_disk}
    jobs[what](Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
