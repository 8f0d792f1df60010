"""A long run: does memory grow, does the gate ever miss its time?"""

from __future__ import annotations

import time

import numpy as np

from .context import FaultContext
from .judge import periods_s
from .outcome import Expectations, Outcome
from .timeline import since

SHORT_MIN = 0.5
SHORTEST_MIN = 0.25
WARM_UP_SHARE = 0.2
"""Caches fill in the beginning."""
MAX_SLOPE_MB_PER_MIN = 1.0
STEP_S = 5.0


def row_soak(context: FaultContext) -> Outcome:
    """Row 40."""
    rig = context.rig(lies=True)
    expectations = Expectations()
    minutes = context.soak_min or (SHORTEST_MIN if context.quick else SHORT_MIN)
    rig.get_moving()
    names = list(rig.nodes)
    start_s = last_s = time.monotonic()
    times: list[float] = []
    memory: list[list[float]] = []
    braked, longest_s, said_s = 0, 0.0, start_s
    while time.monotonic() < start_s + 60.0 * minutes:
        rig.wait(STEP_S if minutes > 1.0 else 1.0)
        now_s = rig.timeline.applied[-1].received_s
        braked += sum(a.is_braking for a in since(rig.timeline.applied, last_s, now_s))
        periods = periods_s(rig.timeline, last_s, now_s)
        longest_s = max(longest_s, float(periods.max(initial=0.0)))
        last_s = now_s
        times.append((now_s - start_s) / 60.0)
        memory.append([rig.memory_mb(name) for name in names])
        rig.timeline.forget(now_s - 10.0)
        if now_s - said_s > 60.0:
            said_s = now_s
            context.say(
                f"{times[-1]:.0f} of {minutes:g} min, {memory[-1][-1]:.0f} MB, {braked} braked"
            )
    slopes = _slopes(times, memory)
    worst = max(range(len(names)), key=lambda i: slopes[i])
    limit = rig.spec.proposal_timeout_s
    expectations.expect(slopes[worst] < MAX_SLOPE_MB_PER_MIN, f"{names[worst]} grows")
    expectations.expect(longest_s <= limit, f"no command for {1e3 * longest_s:.0f} ms")
    expectations.expect(rig.state.state == "ARMED", f"ended {rig.state.state}: {rig.state.cause}")
    return expectations.outcome(
        f"{minutes:g} min: {names[worst]} {slopes[worst]:+.2f} MB/min at most,"
        f" {braked} ticks braked, longest gap between commands {1e3 * longest_s:.0f} ms",
        "" if context.soak_min else "shortened; `make soak` takes an hour",
    )


def _slopes(times: list[float], memory: list[list[float]]) -> list[float]:
    """Return the growth of each process's resident memory [MB/min] after the warm-up."""
    first = int(WARM_UP_SHARE * len(times))
    columns = np.array(memory[first:]).T
    return [float(np.polyfit(times[first:], column, 1)[0]) for column in columns]
