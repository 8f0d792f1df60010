"""Ends a graph's processes: the gate first, while there is still a robot that it can brake."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping

from rl_agent.child import Child

GATE = "safety_node"
BRAKE_S = 1.7
"""The gate brakes for at most 1.5 s."""
GRACE_S = 1.0
POLL_S = 0.01


def stop_children(
    children: Mapping[str, Child], is_hurried: Callable[[], bool] = lambda: False
) -> None:
    """Brake and end everything within 3 s; at once when hurried."""
    gate = [child for name, child in children.items() if name == GATE]
    rest = [child for name, child in children.items() if name != GATE]
    _end(gate, BRAKE_S, is_hurried)
    _end(rest, GRACE_S, is_hurried)
    for child in children.values():
        child.kill()


def _end(children: Iterable[Child], grace_s: float, is_hurried: Callable[[], bool]) -> None:
    running = [child for child in children if child.status is None]
    for child in running:
        # SIGINT would print a trace where Python is still importing.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGTERM)
    deadline_s = time.monotonic() + grace_s
    while any(child.status is None for child in running):
        if time.monotonic() > deadline_s or is_hurried():
            return
        time.sleep(POLL_S)
