"""The fault table: every row's number, what happens, what must follow, and who tries it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from .context import FaultContext
from .outcome import FaultRow, Outcome

WORDS: dict[int, tuple[str, str]] = {
    1: ("policy killed (kill -9)", "brakes within 50 ms (W 30 ms), latches"),
    2: ("policy hangs (SIGSTOP)", "as 1; nothing that was queued is followed"),
    3: ("learner killed", "robot loop unaffected, nothing lost"),
    4: ("robot or twin killed", "back within 5 s, inactive, not armed"),
    5: ("whole machine stops in training", "goes on bit by bit"),
    6: ("proposal NaN, Inf, 1e308", "none on the wire; latches"),
    7: ("readings NaN, Inf, huge", "no inference on them; braked within S"),
    8: ("action of wrong size or order", "named when loaded; dropped, then latched"),
    9: ("proposals beyond every limit", "no command outside a limit"),
    10: ("policy pushes through a wall", "tool at most 1 mm beyond"),
    11: ("no solution, NaN from the model", "brakes, never moves on"),
    12: ("inference overruns its period", "held within 50 ms; goes on by itself"),
    13: ("PX4's seven sensor faults, drift", "braked: late within S, lies once they show"),
    14: ("readings lost, doubled, overtaken", "a fifth is borne, 21 in a row are held"),
    15: ("network to the learner parted", "robot goes on, spools, catches up"),
    16: ("clock jumps by an hour, freezes", "no effect, no burst"),
    17: ("message storm, huge messages", "period p99 ≤ 1.5 T, memory < +50 MB"),
    18: ("second publisher of proposals", "named, arming refused"),
    19: ("wrong parameters, YAML bomb", "key named, exit ≠ 0; running gate refuses"),
    20: ("damaged ONNX policy", "never accepted"),
    21: ("checkpoint torn by kill -9", "newest complete one, never half"),
    22: ("journal torn by kill -9", "0 acknowledged rows lost, tail counted"),
    23: ("disk full", "refused by name, nothing torn, goes on later"),
    24: ("learner out of memory", "learner dies alone"),
    25: (
        "e-stop: service, topic, button, key",
        "brakes within T + 10 ms, latches; reset is not arm",
    ),
    26: ("dead-man's switch released", "stops within 100 ms"),
    27: ("human takes over and hands back", "second difference ≤ a_max T²"),
    28: ("first action far from the pose", "refused, or ramped within all limits"),
    29: ("encoder jumps by 0.2 rad", "held within S"),
    30: ("joint locked, following error", "braked within 350 ms in motion"),
    31: ("robot falls", "braked, latched, then the stop mode"),
    32: ("swap to a bad policy", "shadow run, rolled back by itself"),
    33: ("checkpoint with a pickle payload", "never executed"),
    34: ("malicious bytes to the learner", "rejected, bounded memory"),
    35: ("learner reachable without key", "refuses to bind"),
    36: ("SROS2 enforced without keystore", "refuses to start"),
    37: ("GPU provider missing", "refused, or CPU where that is accepted"),
    38: ("poisoned rows in replay", "kept out, counted"),
    39: ("Ctrl-C and SIGTERM in every state", "braked and gone within 2 s"),
    40: ("long run", "memory grows < 1 MB/min, no missed W"),
    41: ("gate killed, hung, stalled", "robot stands within the brake's time + 100 ms"),
    42: ("twin beside a real robot", "refuses; never leaves this machine"),
    43: ("power lost", "all before the last fsync is read back"),
    44: ("servo hot, over-current, battery low", "brakes, cause named"),
}
"""Number: what happens, and what must follow."""
ORDER: dict[str, dict[int, str]] = {
    "rows_policy": {1: "row_kill", 2: "row_hang", 12: "row_overrun", 32: "row_swap"},
    "rows_readings": {
        7: "row_not_finite",
        13: "row_kinds",
        14: "row_wire",
        29: "row_jump",
        30: "row_locked",
    },
    "soak": {40: "row_soak"},
    "rows_operator": {27: "row_takeover", 28: "row_far_start"},
    "rows_wire": {16: "row_clock", 18: "row_second_publisher"},
    "rows_parameters": {19: "row_parameters"},
    "rows_estop": {25: "row_estop"},
    "rows_teleop": {26: "row_deadman"},
    "rows_health": {44: "row_health"},
    "rows_fall": {31: "row_fall"},
    "rows_gate": {41: "row_gate"},
    "rows_storm": {17: "row_storm"},
    "rows_graph": {4: "row_robot", 39: "row_interrupt", 42: "row_company", 36: "row_sros"},
    "rows_limits": {
        6: "row_not_finite",
        8: "row_contract",
        9: "row_limits",
        10: "row_workspace",
        11: "row_no_solution",
    },
    "rows_files": {
        21: "row_checkpoint",
        22: "row_journal",
        23: "row_full",
        33: "row_pickle",
        38: "row_quarantine",
        43: "row_power",
    },
    "rows_policy_files": {20: "row_bundle", 5: "row_machine", 37: "row_provider"},
    "rows_link": {34: "row_port", 35: "row_key", 15: "row_partition"},
    "rows_absent": {3: "row_learner", 24: "row_memory"},
}
"""Who tries which row, in the order in which they are tried: neighbours share a graph."""


def _lazily(module: str, name: str) -> Callable[[FaultContext], Outcome]:
    def run(context: FaultContext) -> Outcome:
        outcome: Outcome = getattr(import_module(f".{module}", __package__), name)(context)
        return outcome

    return run


ROWS = tuple(
    FaultRow(number, *WORDS[number], _lazily(module, name))
    for module, rows in ORDER.items()
    for number, name in rows.items()
)
