"""How long from a reading to its command? Both on the wire, both on the recorder's clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bench.context import Context
from bench.figure import Figure, at_most
from path_d import RATES, timed_run

from rl_agent.reporting.timing import answer_latencies

MEDIAN_MS = 3.0
P99_MS = 10.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield median and 99th percentile at both policy rates."""
    for policy_hz, controller in RATES:
        recording = timed_run(context, policy_hz, controller).recording.driven()
        readings, applied = recording.measurements.arrivals(), recording.applied.policy_arrivals()
        latencies_ms = 1e3 * answer_latencies(readings, applied)
        proposals_ms = 1e3 * answer_latencies(readings, recording.proposals.arrivals())
        median, p99 = np.quantile(latencies_ms, [0.5, 0.99])
        detail = (
            f"{len(latencies_ms)} commands of the gate joined with joint_states on their stamps at"
            f" {policy_hz:g} Hz, longest {latencies_ms.max():.1f} ms; the policy's proposal after"
            f" {np.median(proposals_ms):.2f} ms{context.quick_words('15 s')}"
        )
        row = f"path-e.{{}}_at_{policy_hz:g}hz"
        yield at_most(row.format("p50"), float(median), MEDIAN_MS, "ms", detail)
        yield at_most(row.format("p99"), float(p99), P99_MS, "ms", detail)
