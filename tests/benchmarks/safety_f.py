"""E-stop by service, topic, joystick button and key, in motion: when does the robot brake?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from bench.context import Context
from bench.fault_trials import fault_context
from bench.figure import Figure, at_most, equal

from surefoot_nodes.faults.rows_estop import BAR_SLACK_S, Press, Routes, press_again, press_key

COUNT = 20


def measure(context: Context) -> Iterator[Figure]:
    """Yield braking and what a reset does, per route."""
    count = context.repeats(COUNT, 2)
    bar_ms = 1e3 * (context.spec.gate_period_s + BAR_SLACK_S)
    with fault_context(context) as faults:
        rig = faults.rig(**faults.operated())
        routes = Routes(rig)
        for name, (press, release) in routes.found.items():
            presses = list(press_again(faults, rig, press, release, count))
            yield from _figures(name, presses, bar_ms, context)
        for name in routes.missing:
            why = "the gate does not listen to it"
            yield Figure(f"safety-f.{name}", None, "ms", f"<= {bar_ms:g}", False, why)
        faults.close_rig()
        yield from _figures("key", press_key(faults, count), bar_ms, context)


def _figures(
    name: str, presses: Sequence[Press], bar_ms: float, context: Context
) -> Iterator[Figure]:
    braked_ms = [1e3 * (p.braking.first_brake_s or np.inf) for p in presses]
    speeds = [p.braking.speed for p in presses]
    detail = (
        f"{len(presses)} times at {min(speeds):.2f} to {max(speeds):.2f} rad/s; median"
        f" {np.median(braked_ms):.1f} ms; one gate period and 10 ms"
    )
    quick = context.quick_words()
    yield at_most(f"safety-f.{name}", max(braked_ms), bar_ms, "ms", detail + quick)
    loose = sum(not p.braking.is_latched or p.braking.moved_again for p in presses)
    yield equal(f"safety-f.{name}_not_latched", loose, 0, "times", "or moved again by itself")
    moved = sum(p.reset_moved or p.state_after_reset != "UNARMED" for p in presses)
    words = "a reset alone moved or armed the robot"
    yield equal(f"safety-f.{name}_reset_moves", moved, 0, "times", words)
