"""Do policy and gate keep time? Intervals on the wire, as an independent recorder saw them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.driving import Run
from bench.figure import Figure, at_most

from rl_agent.reporting.timing import interval_statistics
from rl_agent.types import Array

LATE_PERCENT = 0.5
WINDOW_S = 2.5
SECONDS = 60.0
RATES = ((20.0, "policy"), (50.0, "dls"))
"""Policy rate [Hz] and who acts at it: keeping time does not depend on how well it was trained."""


def measure(context: Context) -> Iterator[Figure]:
    """Yield the share of late intervals at both policy rates."""
    for policy_hz, controller in RATES:
        run = timed_run(context, policy_hz, controller)
        driven = run.recording.driven()
        topics = (
            ("policy", driven.proposals.received_s, run.spec.policy_period_s),
            ("gate", driven.applied.received_s, run.spec.gate_period_s),
        )
        for name, times_s, period_s in topics:
            row = f"path-d.{name}_at_{policy_hz:g}hz"
            yield _late(row, times_s, period_s, context)


def timed_run(context: Context, policy_hz: float, controller: str) -> Run:
    """Return a minute of reaches at a policy rate; rows d and e look at the same one."""
    count = int(np.ceil(context.repeats(60, 15) / WINDOW_S))
    return context.reaches(controller, count, window_s=WINDOW_S, policy_hz=policy_hz)


def _late(row: str, times_s: Array, period_s: float, context: Context) -> Figure:
    statistics = interval_statistics(times_s, period_s)
    detail = (
        f"{statistics.num_intervals} intervals over {times_s[-1] - times_s[0]:.0f} s, longer than"
        f" 1.5 periods; median {1e3 * statistics.median_s:.2f} ms,"
        f" p99 {1e3 * statistics.p99_s:.2f} ms, longest {1e3 * statistics.longest_s:.1f} ms"
    )
    quick = context.quick_words("15 s")
    return at_most(row, 100.0 * statistics.late_share, LATE_PERCENT, "%", detail + quick)
