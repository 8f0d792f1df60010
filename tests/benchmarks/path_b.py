"""Does it reach? The policy over ROS 2 with every limit on, a classical controller and chance."""

from __future__ import annotations

from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_least, at_most

from rl_agent.reporting.report import ReachSeries

POLICY_PERCENT = 97.0
CLASSICAL_PERCENT = 98.0
RANDOM_PERCENT = 10.0


def measure(context: Context) -> Iterator[Figure]:
    """Yield the share of targets reached by each controller."""
    for controller, judge, percent in (
        ("policy", at_least, POLICY_PERCENT),
        ("dls", at_least, CLASSICAL_PERCENT),
        ("random", at_most, RANDOM_PERCENT),
    ):
        count = context.repeats(100, 20 if controller != "random" else 8)
        series = context.reaches(controller, count).series
        words = describe(series) + context.quick_words("fewer targets")
        yield judge(f"path-b.{controller}", 100.0 * series.success_share, percent, "%", words)


def describe(series: ReachSeries) -> str:
    """Return counts, times and the misses in words."""
    median = series.median_time_s
    times = "no median time" if median is None else f"median time to target {median:.2f} s"
    missed = [trial for trial in series.trials if not trial.is_success]
    left = ", ".join(f"{1e3 * trial.final_error_m:.0f} mm" for trial in missed[:5])
    ending = f"; missed by {left}" if missed else ""
    return f"{series.num_successes} of {len(series.trials)} targets, {times}{ending}"
