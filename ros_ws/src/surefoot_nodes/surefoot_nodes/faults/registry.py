"""The fault table: every row's number, what happens, what must follow, and who tries it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from .context import FaultContext
from .outcome import FaultRow, Outcome

TABLE: tuple[tuple[int, str, str, str], ...] = (
    # In the order in which they are tried: neighbours share a graph.
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
    (
        7,
        "readings NaN, Inf, huge",
        "no inference on them; braked within S",
        "rows_readings:row_not_finite",
    ),
    (
        13,
        "PX4's seven sensor faults, drift",
        "braked: late ones within S, lies once they show",
        "rows_readings:row_kinds",
    ),
    (
        14,
        "readings lost, doubled, overtaken",
        "a fifth is borne, 21 in a row are held",
        "rows_readings:row_wire",
    ),
    (29, "encoder jumps by 0.2 rad", "held within S", "rows_readings:row_jump"),
    (
        30,
        "joint locked, following error",
        "braked within 350 ms in motion",
        "rows_readings:row_locked",
    ),
    (
        25,
        "e-stop: service, topic, button",
        "brakes within T + 10 ms, latches, reset moves nothing",
        "rows_operator:row_estop",
    ),
    (
        27,
        "human takes over and hands back",
        "second difference ≤ a_max T²",
        "rows_operator:row_takeover",
    ),
    (
        28,
        "first action far from the pose",
        "refused, or ramped within all limits",
        "rows_operator:row_far_start",
    ),
    (26, "dead-man's switch released", "stops within 100 ms", "rows_operator:row_deadman"),
    (
        41,
        "gate killed, hung, stalled",
        "robot stands within the brake's time + 100 ms",
        "rows_gate:row_gate",
    ),
    (6, "proposal NaN, Inf, 1e308", "none on the wire; latches", "rows_limits:row_not_finite"),
    (
        8,
        "action of wrong size or order",
        "named when loaded; dropped, then latched",
        "rows_limits:row_contract",
    ),
    (9, "proposals beyond every limit", "no command outside a limit", "rows_limits:row_limits"),
    (10, "policy pushes through a wall", "tool at most 1 mm beyond", "rows_limits:row_workspace"),
    (
        11,
        "no solution, NaN from the model",
        "brakes, never moves on",
        "rows_limits:row_no_solution",
    ),
    (
        21,
        "checkpoint torn by kill -9",
        "newest complete one, never half",
        "rows_files:row_checkpoint",
    ),
    (
        22,
        "journal torn by kill -9",
        "0 acknowledged rows lost, tail counted",
        "rows_files:row_journal",
    ),
    (23, "disk full", "refused by name, nothing torn, goes on later", "rows_files:row_full"),
    (33, "checkpoint with a pickle payload", "never executed", "rows_files:row_pickle"),
    (38, "poisoned rows in replay", "kept out, counted", "rows_files:row_quarantine"),
    (43, "power lost", "all before the last fsync is read back", "rows_files:row_power"),
    (31, "robot falls", "damped, or torque off", "rows_readings:row_fall"),
    (32, "swap to a bad policy", "shadow run, rolled back by itself", "rows_policy:row_swap"),
)
"""Number, fault, requirement, and who tries it."""


def _lazily(place: str) -> Callable[[FaultContext], Outcome]:
    def run(context: FaultContext) -> Outcome:
        module, _, name = place.partition(":")
        outcome: Outcome = getattr(import_module(f".{module}", __package__), name)(context)
        return outcome

    return run


ROWS = tuple(
    FaultRow(number, title, requirement, _lazily(place))
    for number, title, requirement, place in TABLE
)
