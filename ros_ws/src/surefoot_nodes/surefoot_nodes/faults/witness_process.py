"""Starts a witness and feeds what it tells into a timeline."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from rl_agent.child import Child
from rl_agent.exceptions import GraphError

from .. import realtime
from .timeline import Timeline
from .witness import READY


def start_witness(
    robot: str,
    timeline: Timeline,
    environment: Mapping[str, str],
    folder: Path,
    only: Sequence[str] = (),
) -> Child:
    """Return the running process; a thread of ours follows it until it ends.

    Raises:
        GraphError: It did not start; says its last words.
    """
    command = [sys.executable, "-m", "surefoot_nodes.faults.witness", "--robot", robot]
    command += ["--only", *only] if only else []
    child = Child(command, log=folder / "witness.log", env=environment, reads_output=True)
    if child.lines.readline().strip() != READY:
        words = child.last_words()
        child.kill()
        raise GraphError(f"the witness did not start\n{words}".rstrip())

    def follow() -> None:
        realtime.use_fifo(realtime.BACKGROUND_PRIORITY)
        try:
            for line in child.lines:
                timeline.add(line)
        except ValueError:
            return  # its end closes the pipe under our hands

    threading.Thread(target=follow, name="witness", daemon=True).start()
    return child
