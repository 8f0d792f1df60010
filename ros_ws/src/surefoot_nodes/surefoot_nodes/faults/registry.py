"""The fault table: every row's number, what happens, what must follow, and who tries it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from .context import FaultContext
from .outcome import FaultRow, Outcome

TABLE: tuple[tuple[int, str, str, str], ...] = (
    (
        1,
        "policy killed (kill -9)",
        "brakes within 50 ms (W 30 ms), latches",
        "rows_policy:row_kill",
    ),
    (
        2,
        "policy hangs (SIGSTOP)",
        "as 1; nothing that was queued is followed",
        "rows_policy:row_hang",
    ),
    (
        12,
        "inference overruns its period",
        "held within 50 ms; goes on by itself",
        "rows_policy:row_overrun",
    ),
    (32, "swap to a bad policy", "shadow run, rolled back by itself", "rows_policy:row_swap"),
)


def _lazily(place: str) -> Callable[[FaultContext], Outcome]:
    def run(context: FaultContext) -> Outcome:
        module, _, name = place.partition(":")
        outcome: Outcome = getattr(import_module(f".{module}", __package__), name)(context)
        return outcome

    return run


ROWS = tuple(
    FaultRow(number, title, requirement, _lazily(place))
    for number, title, requirement, place in sorted(TABLE)
)
