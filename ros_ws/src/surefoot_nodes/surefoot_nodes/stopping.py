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
"""For a process that has nothing to write."""
SHUTDOWN_S = 2.0
"""A node that has not ended by itself by then is ended, by itself; most supervisors are quicker."""
WRITERS_S: Mapping[str, float] = {"policy_node": 5.0, "learner_node": 12.0}
"""The same for who may have to write: a journal on a slow disk, a last checkpoint. The robot stands
by then, for the gate has ended first, and these hardly need so long."""
MARGIN_S = 0.5
POLL_S = 0.01


def shutdown_s(name: str) -> float:
    """Return how long a node may take to end by itself."""
    return WRITERS_S.get(name, SHUTDOWN_S)


def grace_s(name: str) -> float:
    """Return for how long a supervisor waits for a node's process, from its request on."""
    return WRITERS_S[name] + MARGIN_S if name in WRITERS_S else GRACE_S


def stop_children(
    children: Mapping[str, Child],
    is_hurried: Callable[[], bool] = lambda: False,
    graces_s: Mapping[str, float] | None = None,
) -> None:
    """Brake, then end everything else, at once when hurried; braking is never cut short.

    Args:
        children: By the names of their nodes.
        is_hurried: Whether nobody waits any longer for what is to be written.
        graces_s: Per name, how long a process may take; `GRACE_S` where it is not named.
    """
    graces_s = graces_s or {}
    gate = [(child, BRAKE_S) for name, child in children.items() if name == GATE]
    rest = [
        (child, graces_s.get(name, GRACE_S)) for name, child in children.items() if name != GATE
    ]
    _end(gate, lambda: False)
    _end(rest, is_hurried)
    for child in children.values():
        child.kill()


def _end(children: Iterable[tuple[Child, float]], is_hurried: Callable[[], bool]) -> None:
    running = [(child, grace) for child, grace in children if child.status is None]
    for child, _ in running:
        # SIGINT would print a trace where Python is still importing.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGTERM)
    start_s = time.monotonic()
    while running and not is_hurried():
        for child, grace in running:
            if child.status is None and time.monotonic() - start_s > grace:
                child.kill()
        running = [(child, grace) for child, grace in running if child.status is None]
        time.sleep(POLL_S)
